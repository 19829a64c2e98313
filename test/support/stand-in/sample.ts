import { isObject } from "./orders.ts";

const SAMPLES: Readonly<Record<string, unknown>> = {
  string: "sample",
  number: 1.5,
  integer: 1,
  boolean: true,
  null: null,
};

/** A value that fits a JSON Schema, or Gemini's kind of schema with types in capitals: every property, one item. */
export function sampleOf(schema: unknown): unknown {
  if (!isObject(schema)) return {};
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  for (const union of [schema.anyOf, schema.oneOf]) if (Array.isArray(union)) return sampleOf(union[0]);
  const named = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  const type = typeof named === "string" ? named.toLowerCase() : "object";
  if (type === "array") return [sampleOf(schema.items)];
  if (type !== "object") return SAMPLES[type];
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, sampleOf(property)]));
}
