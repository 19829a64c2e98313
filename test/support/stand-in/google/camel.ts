import { isObject } from "../orders.ts";
import { NAMES } from "./fields.ts";

/** Fields whose keys are the caller's own. */
const FREE = new Set([
  "args",
  "response",
  "properties",
  "labels",
  "parametersJsonSchema",
  "responseJsonSchema",
  "$defs",
]);

/** A body with its names in one spelling: Google takes `snake_case` as well as `camelCase`. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const camel = inCamelCase(name);
      if (camel === "properties" && isObject(inner)) {
        return [camel, Object.fromEntries(Object.entries(inner).map(([key, schema]) => [key, camelCased(schema)]))];
      }
      return [camel, FREE.has(camel) ? inner : camelCased(inner)];
    }),
  );
}

/** What Google does not know keeps the name that it came with. */
function inCamelCase(name: string): string {
  const camel = name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return NAMES.has(camel) ? camel : name;
}

/** A path as Google writes it in its errors. */
export function snakeCased(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
