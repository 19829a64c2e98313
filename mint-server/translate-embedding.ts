import { ok } from "./failures.ts";
import { malformed } from "./malformed.ts";
import type { Plan, Planning } from "./plan.ts";
import { EMBEDDING_SCHEMAS, EMBEDDING_WIRES, type SpokenWire } from "./wire/formats.ts";
import { FieldError, parse } from "./wire/read.ts";

/** @throws {FieldError} for what the caller's schema or the provider has no place for. */
export async function planEmbedding(
  { request, endpoint, clean, following }: Planning,
  wireId: SpokenWire,
  schemaId: keyof typeof EMBEDDING_SCHEMAS,
): Promise<Plan> {
  const load = EMBEDDING_WIRES[(wireId === "google" && endpoint.provider.embeddings) || wireId];
  if (!load) throw new FieldError("model", `The provider of ${JSON.stringify(request.model)} has no embeddings.`);
  const [schema, wire] = await Promise.all([EMBEDDING_SCHEMAS[schemaId](), load()]);
  const asked = schema.decodeRequest(request.body, request);
  const { path, body } = wire.encodeRequest(asked);
  const { decodeError } = wire;
  return {
    wire: wireId,
    path,
    stream: false,
    payload: JSON.stringify(body),
    contentType: "application/json",
    accept: "application/json",
    decodeError,
    async translate(upstream) {
      const text = await upstream.text();
      const answer = wire.decodeAnswer(parse(text));
      if (answer?.vectors.length !== asked.inputs.length) return malformed(text, { decodeError, clean });
      const { inputTokens } = answer;
      following?.settleWhole(inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 });
      return ok({ contentType: "application/json", body: JSON.stringify(schema.encodeAnswer(answer, asked)) });
    },
  };
}
