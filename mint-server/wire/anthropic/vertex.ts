/** The same body as Vertex AI takes it: the model stands in the URL, the API's version in the body. */
export function forVertex({ model: _model, ...body }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...body, anthropic_version: "vertex-2023-10-16" };
}
