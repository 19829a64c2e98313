import type { Schema } from "./schema.ts";

export const inPath = (name: string, description: string): Schema => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string" },
});
export const inQuery = (name: string, description: string, schema: Schema = { type: "string" }): Schema => ({
  name,
  in: "query",
  description,
  schema,
});

export const inHeader = (name: string, description: string, schema: Schema = { type: "string" }): Schema => ({
  name,
  in: "header",
  description,
  schema,
});
