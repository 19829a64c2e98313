import type fc from "fast-check";
import type { Attempt, World } from "./world.ts";

/** Forgeries of one kind. */
export type Family = fc.Arbitrary<Forgery>;

/** A forgery that can be made in any world: the same seed plans the same ones. */
export interface Forgery {
  readonly family: string;
  readonly detail: unknown;
  make(world: World): Promise<Attempt>;
}

export function family<T>(
  name: string,
  details: fc.Arbitrary<T>,
  make: (world: World, detail: T) => Promise<Attempt>,
): Family {
  return details.map((detail) => ({ family: name, detail, make: (world) => make(world, detail) }));
}
