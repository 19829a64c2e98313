import type { SchemaId } from "../contract/endpoints.ts";
import type { ModelRequest } from "../model-request.ts";
import type { Provider } from "../providers/provider.ts";
import type { Usage } from "../wire/chat-answer.ts";
import { lazy } from "../wire/lazy.ts";
import { asObject, asText, isObject, type Json } from "../wire/read.ts";

/** Where answers in a schema tell their usage. */
export interface UsageFormat {
  /** What a whole answer tells; `undefined` if it tells none. */
  whole(answer: Json): Usage | undefined;
  /** A reader of one stream's events, in their order, which gives what is known so far of each that tells. */
  createStreamReader(): (event: Json) => Usage | undefined;
  /** What of an event the model wrote. */
  said(event: Json): unknown;
}

const openaiUsage = lazy(loadOpenaiUsage);
const responsesUsage = lazy(loadResponsesUsage);
const anthropicUsage = lazy(loadAnthropicUsage);
const googleUsage = lazy(loadGoogleUsage);

/** Each loads when it is first needed, like the wire format that it is a part of. */
export const USAGE_FORMATS: Readonly<Record<SchemaId, () => UsageFormat | Promise<UsageFormat>>> = {
  chat: openaiUsage,
  completions: openaiUsage,
  embeddings: openaiUsage,
  responses: responsesUsage,
  openai: responsesUsage,
  anthropic: anthropicUsage,
  google: googleUsage,
  "google-embeddings": googleUsage,
};

/** A format whose events tell the whole usage each. */
const plain = (whole: UsageFormat["whole"], said: UsageFormat["said"]): UsageFormat => ({
  whole,
  said,
  createStreamReader: () => whole,
});

async function loadOpenaiUsage(): Promise<UsageFormat> {
  const { decodeUsage } = await import("../wire/openai/usage.ts");
  const whole = (answer: Json) => decodeUsage(answer.usage ?? asObject(answer.x_groq)?.usage);
  return plain(whole, ({ choices }) => choices);
}

/** OpenAI's newer endpoints have one form of usage, but for moderations that have none. */
async function loadResponsesUsage(): Promise<UsageFormat> {
  const { usageOf } = await import("../wire/responses/decode-answer.ts");
  const whole = (answer: Json) => usageOf(answer.usage ?? asObject(answer.response)?.usage);
  // What is done repeats what was added piece by piece.
  return plain(whole, (event) => (asText(event.type)?.endsWith(".added") ? event.item : event.delta));
}

async function loadAnthropicUsage(): Promise<UsageFormat> {
  const { decodeUsage } = await import("../wire/anthropic/decode-answer.ts");
  return {
    whole: ({ usage }) => (isObject(usage) ? decodeUsage(usage) : undefined),
    // The end repeats only some of what the start told.
    createStreamReader() {
      let known: Json = {};
      return (event) => {
        const usage = asObject(event.usage) ?? asObject(asObject(event.message)?.usage);
        if (!usage) return undefined;
        known = { ...known, ...Object.fromEntries(Object.entries(usage).filter(([, count]) => count !== null)) };
        return decodeUsage(known);
      };
    },
    said: (event) => [event.delta, event.content_block],
  };
}

async function loadGoogleUsage(): Promise<UsageFormat> {
  const { decodeUsage } = await import("../wire/google/decode-usage.ts");
  return plain(
    ({ usageMetadata }) => decodeUsage(usageMetadata),
    ({ candidates }) => candidates,
  );
}

/**
 * The same request, told to end its stream with its usage where that must be asked for. The very request that was given if
 * there is nothing to ask, or the provider refuses to be asked; then its streams tell unasked, or not at all.
 */
export function withUsageAsked(request: ModelRequest, { fields }: Pick<Provider, "fields">): ModelRequest {
  const { endpoint, body, stream, payload } = request;
  const isAskable = endpoint.schema === "chat" || endpoint.schema === "completions";
  if (!isAskable || !stream || typeof payload !== "string" || fields?.stream_options === null) return request;
  const options = asObject(body.stream_options) ?? {};
  if (options.include_usage === true) return request;
  const asking = { ...body, stream_options: { ...options, include_usage: true } };
  return { ...request, body: asking, payload: JSON.stringify(asking) };
}
