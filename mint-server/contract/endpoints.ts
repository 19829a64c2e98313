/** Largest body accepted, in bytes, unless configured otherwise. */
export const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

/** Largest body accepted where it carries images, audio or files, in bytes. */
export const MAX_MEDIA_BODY_BYTES = 26 * 1024 * 1024;

/** Schemas in which a request may be written, and whose errors it gets. */
export type SchemaId =
  | "chat"
  | "completions"
  | "responses"
  | "anthropic"
  | "google"
  | "embeddings"
  | "google-embeddings"
  /** OpenAI's other endpoints: for providers that speak them. */
  | "openai";

/** What a request to a model endpoint is, before anyone has looked into its body. */
export interface ModelEndpoint {
  /** Path below the prefix. One that holds `{model}` has the model's id there. */
  readonly path: string;
  /** The name that a grant's `endpoints` uses. */
  readonly name: string;
  readonly schema: SchemaId;
  readonly body: "json" | "multipart";
  /** Whether a body may carry images, audio or files, and be larger for it. */
  readonly takesMedia: boolean;
  /** Whether a request streams by its path rather than by its body. */
  readonly streams?: boolean;
  /** The model of a request that names none, where the API says which that is. */
  readonly defaultModel?: string;
  /** What ends a complete event stream of this endpoint; see `sse.ts`. */
  readonly terminal: StreamTerminal;
}

/**
 * `[DONE]` as the last event's data; an event with one of these types; or, as Gemini has no mark of its own, an event
 * in which every candidate has its finish reason.
 */
export type StreamTerminal =
  | { readonly kind: "done" }
  | { readonly kind: "types"; readonly types: readonly string[] }
  | { readonly kind: "candidates" };

const done: StreamTerminal = { kind: "done" };
const types = (...names: string[]): StreamTerminal => ({ kind: "types", types: names });

/** An endpoint with a JSON body and OpenAI's marks, unless it says otherwise. */
const json = (path: string, schema: SchemaId, rest: Partial<ModelEndpoint> = {}): ModelEndpoint => ({
  path,
  name: path,
  schema,
  body: "json",
  takesMedia: false,
  terminal: done,
  ...rest,
});

const media = { takesMedia: true };
const gemini = (method: string, schema: SchemaId, rest: Partial<ModelEndpoint> = {}): ModelEndpoint =>
  json(`google/v1beta/models/{model}:${method}`, schema, { name: method, terminal: { kind: "candidates" }, ...rest });

/** Every endpoint that takes a model's work. */
export const MODEL_ENDPOINTS: readonly ModelEndpoint[] = [
  json("chat/completions", "chat", media),
  json("completions", "completions"),
  json("embeddings", "embeddings"),
  json("moderations", "openai", { ...media, defaultModel: "omni-moderation-latest" }),
  json("responses", "responses", {
    ...media,
    terminal: types("response.completed", "response.failed", "response.incomplete"),
  }),
  json("auto", "chat", media),
  json("images/generations", "openai", { terminal: types("image_generation.completed") }),
  json("audio/speech", "openai", { terminal: types("speech.audio.done") }),
  json("audio/transcriptions", "openai", { ...media, body: "multipart", terminal: types("transcript.text.done") }),
  json("anthropic/v1/messages", "anthropic", { ...media, name: "messages", terminal: types("message_stop") }),
  gemini("generateContent", "google", media),
  gemini("streamGenerateContent", "google", { ...media, name: "generateContent", streams: true }),
  gemini("countTokens", "google", media),
  gemini("embedContent", "google-embeddings"),
  gemini("batchEmbedContents", "google-embeddings", { name: "embedContent" }),
];

/**
 * A path below the prefix as an endpoint, and the model's id where the path holds it, still encoded; but Google's SDK leaves
 * the slash of `maker/model` as it is.
 */
export function findModelEndpoint(
  path: string,
): { readonly endpoint: ModelEndpoint; readonly model?: string } | undefined {
  // Older SDKs of Google's call one version, newer ones the other.
  const gemini = /^google\/v1(?:beta)?\/models\/(.+):(\w+)$/.exec(path);
  const template = gemini ? `google/v1beta/models/{model}:${gemini[2]}` : path;
  const endpoint = MODEL_ENDPOINTS.find((candidate) => candidate.path === template);
  if (!endpoint) return undefined;
  return { endpoint, ...(gemini?.[1] && { model: gemini[1] }) };
}

/** Endpoint names that a grant may list: the model endpoints, and those that are not plain requests. */
export const GRANTABLE_ENDPOINTS: readonly string[] = [
  ...new Set([...MODEL_ENDPOINTS.map((endpoint) => endpoint.name), "models", "realtime"]),
];
