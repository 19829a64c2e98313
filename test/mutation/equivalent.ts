import type { Mutant } from "./mutants.ts";

/** A mutant that no test can tell from the original, or that only a text for people tells apart. */
interface Equivalent {
  readonly path: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

const BOUND = "only how much is remembered changes: what was forgotten is made again";

const EQUIVALENTS: readonly Equivalent[] = [
  {
    path: "contract/json.ts",
    original: "at >= 0",
    replacement: "at > 0",
    why: "what is found stands after the opening quote, so never at 0",
  },
  {
    path: "contract/bytes.ts",
    original: "at < bytes.length",
    replacement: "at <= bytes.length",
    why: "one slice more, which is empty",
  },
  {
    path: "contract/bytes.ts",
    original: "at < binary.length",
    replacement: "at <= binary.length",
    why: "a write beyond the end of a typed array is none",
  },
  { path: "credentials/proof.ts", original: "keys.size >= MAX_REMEMBERED_KEYS", replacement: "true", why: BOUND },
  { path: "credentials/proof.ts", original: "keys.size >= MAX_REMEMBERED_KEYS", replacement: "false", why: BOUND },
  {
    path: "credentials/proof.ts",
    original: "keys.size >= MAX_REMEMBERED_KEYS",
    replacement: "keys.size > MAX_REMEMBERED_KEYS",
    why: BOUND,
  },
  {
    path: "credentials/proof.ts",
    original: "false",
    replacement: "true",
    why: "whether a public key may be exported again shows nowhere",
  },
  ...["TOKENS", "HOLDERS"].flatMap((kind): Equivalent[] => {
    const original = `${kind.toLowerCase()}.size >= MAX_REMEMBERED_${kind}`;
    return ["true", "false", original.replace(">=", ">")].map((replacement) => ({
      path: "credentials/verify.ts",
      original,
      replacement,
      why: BOUND,
    }));
  }),
  {
    path: "credentials/verify.ts",
    original: "key === undefined",
    replacement: "false",
    why: "an empty key is refused as none is",
  },
  {
    path: "credentials/order-form.ts",
    original: '"body"',
    replacement: '""',
    why: "what is checked is an object, so each problem has a path",
  },
  {
    path: "credentials/nonces.ts",
    original: "previous?.used",
    replacement: "previous.used",
    why: "the window before is there as soon as one is",
  },
];

/** Why a mutant needs no test. */
export function reasonOf(path: string, { original, replacement }: Mutant): string | undefined {
  return EQUIVALENTS.find(
    (each) => path.endsWith(each.path) && each.original === original && each.replacement === replacement,
  )?.why;
}
