import type { Mutant } from "./mutants.ts";

/** A mutant that no test can tell from the original, or that only a text for people tells apart. */
interface Equivalent {
  readonly path: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

const EQUIVALENTS: readonly Equivalent[] = [];

/** Why a mutant needs no test. */
export function reasonOf(path: string, { original, replacement }: Mutant): string | undefined {
  return EQUIVALENTS.find(
    (each) => path.endsWith(each.path) && each.original === original && each.replacement === replacement,
  )?.why;
}
