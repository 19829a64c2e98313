import type { ErrorDetails } from "./contract/openai-error.ts";
import { fail, ok, type Result } from "./failures.ts";
import type { Following } from "./following.ts";
import { malformed } from "./malformed.ts";
import { USAGE_FORMATS, withUsageAsked } from "./metering/usage.ts";
import type { ModelRequest } from "./model-request.ts";
import { wireOf } from "./providers/address.ts";
import type { Endpoint } from "./providers/provider.ts";
import type { Attempt, UpstreamAnswer } from "./providers/upstream.ts";
import type { Keep } from "./responses/keeper.ts";
import { decodeError as decodeAnthropicError } from "./wire/anthropic/errors.ts";
import { asStream, withoutStreaming } from "./wire/as-stream.ts";
import { holdsCarrier } from "./wire/carry.ts";
import type { SpokenWire } from "./wire/formats.ts";
import { decodeError as decodeGoogleError } from "./wire/google/error.ts";
import { lazy } from "./wire/lazy.ts";
import { repairRequest } from "./wire/openai/repair-request.ts";
import type { Passage } from "./wire/pump.ts";
import { asObject, FieldError, parse } from "./wire/read.ts";

/** How one endpoint is asked, and how its answer becomes the caller's. */
export interface Plan
  extends Pick<
    Attempt,
    "wire" | "path" | "stream" | "payload" | "contentType" | "accept" | "callerHeaders" | "decodeError"
  > {
  /** The provider was asked for its usage by us, and the caller is not to see it. */
  readonly hidesUsage?: boolean;
  /** Absent: the provider's answer is the caller's as it is. */
  readonly translate?: (upstream: UpstreamAnswer) => Promise<Result<Translated>>;
}

/** A body in the caller's schema. */
export interface Translated {
  readonly contentType: string;
  readonly body: string | Passage;
}

/** What a plan is made of. */
export interface Planning {
  readonly request: ModelRequest;
  readonly endpoint: Endpoint;
  readonly headers: Headers;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What goes on beside the answer; absent for keys. */
  readonly following: Following | undefined;
  /** Keeps the answer where its caller may name it later. */
  readonly keep: Keep | undefined;
  /** What of a provider's error may be told. */
  readonly clean: (details: ErrorDetails) => ErrorDetails;
}

/**
 * Decides how an endpoint is asked: with the caller's own bytes where its provider speaks the caller's schema, else by way of
 * a neutral request. What the provider has no place for is a failure that names the caller's field.
 */
export async function planCall(planning: Planning): Promise<Result<Plan>> {
  const { request, endpoint } = planning;
  const wire = wireOf(endpoint, request.model);
  if (wire === "window" || wire === "js") return fail({ kind: "model_runs_in_browser", model: request.model });
  try {
    return ok(passthroughPlan(planning, wire) ?? (await translatedPlan(planning, wire)));
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return fail({ kind: "bad_field", param: error.param, detail: error.message });
  }
}

const chats = lazy(() => import("./translate-chat.ts"));
const embeddings = lazy(() => import("./translate-embedding.ts"));

async function translatedPlan(planning: Planning, wire: SpokenWire): Promise<Plan> {
  const { schema, name } = planning.request.endpoint;
  if (schema === "openai" || name === "countTokens") throw notSpoken(planning.request);
  return schema === "embeddings" || schema === "google-embeddings"
    ? (await embeddings()).planEmbedding(planning, wire, schema)
    : (await chats()).planChat(planning, wire, schema);
}

function notSpoken({ model, endpoint }: ModelRequest): FieldError {
  return new FieldError("model", `The provider of ${JSON.stringify(model)} has nothing like ${endpoint.name}.`);
}

/** A plan without translation, where the provider's wire format is the caller's schema. */
function passthroughPlan(planning: Planning, wire: SpokenWire): Plan | undefined {
  const { request, endpoint, headers } = planning;
  const { schema, path } = request.endpoint;
  const method = path.slice(path.indexOf(":") + 1);
  const isOpenAI = wire === "openai";
  if (schema === "chat") return isOpenAI && !thinksInContent(planning) ? passthroughChat(planning) : undefined;
  // Signatures of another provider's, which this one would refuse as they are; and streams that it cannot give.
  if (holdsForeign(request) || (request.stream && !endpoint.supportsStreaming)) {
    return isOpenAI && schema === "completions"
      ? withStream(planning, passthrough(planning, { wire, path }))
      : undefined;
  }
  switch (schema) {
    case "anthropic": {
      const callerHeaders = pick(headers, ["anthropic-version", "anthropic-beta"]);
      return wire === schema ? passthrough(planning, { wire, path: "messages", callerHeaders }) : undefined;
    }
    case "google":
      return wire === schema ? passthrough(planning, { wire, path: method }) : undefined;
    case "google-embeddings":
      return wire === "google" && !endpoint.provider.embeddings
        ? passthrough(planning, { wire, path: method })
        : undefined;
    case "responses":
      return endpoint.provider.responses && (isOpenAI || wire === "responses")
        ? passthrough(planning, { wire: "responses", path })
        : undefined;
    default:
      return isOpenAI ? passthrough(planning, { wire, path }) : undefined;
  }
}

/** Where a provider's thoughts would break clients that expect text. */
function thinksInContent({ request: { body, model }, endpoint: { provider } }: Planning): boolean {
  const { thoughtsInContent } = provider;
  return thoughtsInContent !== undefined && (thoughtsInContent.test(model) || Boolean(body.reasoning_effort));
}

function passthroughChat(planning: Planning): Plan {
  const { request, endpoint } = planning;
  const { toolCallIds, files } = endpoint.provider;
  const body =
    toolCallIds || files || holdsForeign(request) ? repairRequest(request.body, endpoint.provider) : undefined;
  const repaired = body ? { ...planning, request: { ...request, body, payload: JSON.stringify(body) } } : planning;
  return withStream(repaired, passthrough(repaired, { wire: "openai", path: request.endpoint.path }));
}

/** For a streaming caller at an endpoint that cannot stream: the whole answer becomes a stream. */
function withStream({ request, endpoint, clean, following }: Planning, plan: Plan): Plan {
  if (!request.stream || endpoint.supportsStreaming) return plan;
  const includeUsage = asObject(request.body.stream_options)?.include_usage === true;
  return {
    ...plan,
    stream: false,
    accept: "*/*",
    payload: withoutStreaming(JSON.parse(String(plan.payload)) as Record<string, unknown>),
    async translate(upstream) {
      const text = await upstream.text();
      const answer = parse(text);
      const stream = asStream(answer, { includeUsage });
      if (stream === undefined) return malformed(text, { decodeError: plan.decodeError, clean });
      const format = await USAGE_FORMATS[request.endpoint.schema]();
      following?.settleWhole(format.whole(asObject(answer) ?? {}));
      return ok({ contentType: "text/event-stream", body: stream });
    },
  };
}

function holdsForeign({ payload }: ModelRequest): boolean {
  return typeof payload === "string" && holdsCarrier(payload);
}

/** Where errors are not OpenAI's. */
const ERRORS: Readonly<Partial<Record<SpokenWire, Pick<Plan, "decodeError">>>> = {
  anthropic: { decodeError: decodeAnthropicError },
  google: { decodeError: decodeGoogleError },
};

type Own = Pick<Plan, "path" | "callerHeaders"> & { readonly wire: SpokenWire };

function passthrough({ request, endpoint, following }: Planning, own: Own): Plan {
  const asking = following?.isCounted ? withUsageAsked(request, endpoint.provider) : request;
  const { stream, isArray, contentType, payload, body } = asking;
  const { bodyFor } = endpoint.provider;
  return {
    ...(asking !== request && { hidesUsage: true }),
    stream: stream && !isArray,
    contentType,
    payload: bodyFor ? JSON.stringify(bodyFor(body, own.wire)) : payload,
    accept: stream && !isArray ? "text/event-stream" : "*/*",
    ...ERRORS[own.wire],
    ...own,
  };
}

function pick(headers: Headers, names: readonly string[]): Record<string, string> {
  const found = names.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}
