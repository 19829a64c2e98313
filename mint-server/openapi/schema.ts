/** A JSON Schema, as OpenAPI 3.1 uses it. */
export type Schema = Readonly<Record<string, unknown>>;

/** The schemas of an object's fields: none may be missing, and none be too many. */
export type Fields<T> = { readonly [Name in keyof Required<T>]: Schema };

export const text: Schema = { type: "string", minLength: 1 };
export const seconds: Schema = { type: "integer", description: "Seconds since the epoch." };

/** An object without other fields than those named. */
export function closed(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

/** An object whose every field is there. */
export function whole(properties: Readonly<Record<string, Schema>>): Schema {
  return closed(properties, Object.keys(properties));
}

export function list(items: Schema, description?: string): Schema {
  return { type: "array", items, ...(description !== undefined && { description }) };
}

/** What may be left out by `null`, too. */
export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

export function schemaRef(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
