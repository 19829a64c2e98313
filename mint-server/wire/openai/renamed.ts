import type { Json } from "../read.ts";
import type { Ways } from "../wire-format.ts";

/** A body with the provider's own names of some fields, and without those that it refuses. */
export function renamed(body: Json, { fields }: Ways): Record<string, unknown> {
  const entries = Object.entries(body).flatMap(([name, value]): [string, unknown][] => {
    const own = fields && Object.hasOwn(fields, name) ? fields[name] : name;
    return own == null ? [] : [[own, value]];
  });
  return Object.fromEntries(entries);
}
