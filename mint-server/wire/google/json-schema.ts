import { asObject, isObject, type Json } from "../read.ts";
import { toCamel } from "./fields.ts";

const COUNTS = /^(min|max)(Items|Length|Properties)$/;

/** A schema in Google's dialect of OpenAPI 3.0 as JSON Schema: types in small letters, counts as numbers, no `nullable`. */
export function toJsonSchema(schema: Json): Json {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    const name = toCamel(key);
    if (value !== null && value !== undefined) Object.assign(result, convert(name, value));
  }
  return schema.nullable === true ? withNull(result) : result;
}

function convert(name: string, value: unknown): Json {
  switch (name) {
    case "nullable":
      return {};
    case "type":
      return value === "TYPE_UNSPECIFIED" ? {} : { type: typeof value === "string" ? value.toLowerCase() : value };
    case "properties":
    case "defs":
      return { [name === "defs" ? "$defs" : name]: mapValues(asObject(value) ?? {}) };
    case "ref":
      return { $ref: value };
    case "example":
      return { examples: [value] };
    default:
      if (COUNTS.test(name)) return { [name]: Number(value) };
      if (name === "enum" || name === "required" || name === "default") return { [name]: value };
      return { [name]: nested(value) };
  }
}

function mapValues(schemas: Json): Json {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, nested(schema)]));
}

function nested(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nested);
  return isObject(value) ? toJsonSchema(value) : value;
}

function withNull(schema: Json): Json {
  if (typeof schema.type !== "string") return { anyOf: [schema, { type: "null" }] };
  const values = Array.isArray(schema.enum) ? { enum: [...(schema.enum as unknown[]), null] } : {};
  return { ...schema, ...values, type: [schema.type, "null"] };
}
