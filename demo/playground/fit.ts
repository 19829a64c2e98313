import { fromJSONSchema } from "zod";

/** Where a value does not fit a JSON Schema, in words; undefined for a schema that the library cannot read. */
export function misfits(value: unknown, schema: unknown): readonly string[] | undefined {
  let compiled: ReturnType<typeof fromJSONSchema>;
  try {
    compiled = fromJSONSchema(schema as Parameters<typeof fromJSONSchema>[0]);
  } catch {
    return undefined;
  }
  const parsed = compiled.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`);
}
