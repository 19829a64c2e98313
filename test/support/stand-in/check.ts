import type { Fields } from "./orders.ts";
import { isObject } from "./orders.ts";
import type { Asked } from "./turn.ts";

/** Why a request is refused. */
export interface Problem {
  /** 400 unless given. */
  readonly status?: number;
  readonly message: string;
  /** The field, where the format has a place for it. */
  readonly param?: string;
  readonly code?: string;
}

/** One thing that a provider insists on. */
export type Rule = (asked: Asked) => Problem | undefined;

/** The first thing that is wrong with a request. */
export function firstProblem(rules: readonly Rule[], asked: Asked): Problem | undefined {
  for (const rule of rules) {
    const problem = rule(asked);
    if (problem) return problem;
  }
  return undefined;
}

/** A field's name that is not in the list. */
export function strangeField(value: unknown, known: readonly string[]): string | undefined {
  return isObject(value) ? Object.keys(value).find((name) => !known.includes(name)) : undefined;
}

/** Path of the first field whose number lies outside of its range. */
export function outOfRange(fields: Fields, ranges: Readonly<Record<string, readonly [number, number]>>) {
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number" || value < least || value > most) return { name, value, least, most };
  }
  return undefined;
}

/** The first of a schema's objects that takes properties which it does not name; its path. */
export function openObject(schema: unknown, path = ""): string | undefined {
  if (!isObject(schema)) return undefined;
  if (schema.type === "object" && schema.additionalProperties !== false) return path || "the schema";
  const { properties, items, anyOf, $defs } = schema;
  const inner = [
    ...Object.entries({ ...(isObject(properties) && properties), ...(isObject($defs) && $defs) }),
    ...(items === undefined ? [] : [["items", items] as const]),
    ...(Array.isArray(anyOf) ? anyOf.map((one, at) => [`anyOf.${at}`, one] as const) : []),
  ];
  for (const [name, value] of inner) {
    const open = openObject(value, path ? `${path}.${name}` : name);
    if (open) return open;
  }
  return undefined;
}
