/** Largest body accepted, in bytes, unless configured otherwise. */
export const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

/** Largest body accepted where it carries images, audio or files, in bytes. */
export const MAX_MEDIA_BODY_BYTES = 26 * 1024 * 1024;

/** What a request to a model endpoint is, before anyone has looked into its body. */
export interface ModelEndpoint {
  /** Path below the prefix, and the name that a grant's `endpoints` uses. */
  readonly path: string;
  readonly body: "json" | "multipart";
  /** Whether a body may carry images, audio or files, and be larger for it. */
  readonly takesMedia: boolean;
  /** What ends a complete event stream of this endpoint; see `sse.ts`. */
  readonly terminal: StreamTerminal;
}

/** `[DONE]` as the last event's data, or an event with one of these types. */
export type StreamTerminal = { readonly kind: "done" } | { readonly kind: "types"; readonly types: readonly string[] };

const done: StreamTerminal = { kind: "done" };
const types = (...names: string[]): StreamTerminal => ({ kind: "types", types: names });
const text = (path: string, terminal: StreamTerminal = done): ModelEndpoint => ({
  path,
  body: "json",
  takesMedia: false,
  terminal,
});
const media = (path: string, terminal: StreamTerminal = done): ModelEndpoint => ({
  path,
  body: "json",
  takesMedia: true,
  terminal,
});
const form = (path: string, terminal: StreamTerminal): ModelEndpoint => ({
  path,
  body: "multipart",
  takesMedia: true,
  terminal,
});

/** Every endpoint that takes a model's work, in OpenAI's schema. */
export const MODEL_ENDPOINTS = [
  media("chat/completions"),
  text("completions"),
  text("embeddings"),
  media("moderations"),
  media("responses", types("response.completed", "response.failed", "response.incomplete")),
  media("auto"),
  text("images/generations", types("image_generation.completed")),
  text("audio/speech", types("speech.audio.done")),
  form("audio/transcriptions", types("transcript.text.done")),
] as const satisfies readonly ModelEndpoint[];

/** Endpoint names that a grant may list: the model endpoints, and those that are not plain requests. */
export const GRANTABLE_ENDPOINTS: readonly string[] = [
  ...MODEL_ENDPOINTS.map((endpoint) => endpoint.path),
  "models",
  "realtime",
];
