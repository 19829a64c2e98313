const KIB = 1024;
const MIB = 1024 * KIB;

/** What a request to a model endpoint is, before anyone has looked into its body. */
export interface ModelEndpoint {
  /** Path below the prefix, and the name that a grant's `endpoints` uses. */
  readonly path: string;
  readonly body: "json" | "multipart";
  /** Largest body accepted, in bytes. */
  readonly maxBodyBytes: number;
  /** What ends a complete event stream of this endpoint; see `sse.ts`. */
  readonly terminal: StreamTerminal;
}

/** `[DONE]` as the last event's data, or an event with one of these types. */
export type StreamTerminal = { readonly kind: "done" } | { readonly kind: "types"; readonly types: readonly string[] };

const done: StreamTerminal = { kind: "done" };
const types = (...names: string[]): StreamTerminal => ({ kind: "types", types: names });
const json = (path: string, terminal: StreamTerminal = done, maxBodyBytes = MIB): ModelEndpoint => ({
  path,
  body: "json",
  maxBodyBytes,
  terminal,
});
const multipart = (path: string, terminal: StreamTerminal, maxBodyBytes: number): ModelEndpoint => ({
  path,
  body: "multipart",
  maxBodyBytes,
  terminal,
});

/** Every endpoint that takes a model's work, in OpenAI's schema. */
export const MODEL_ENDPOINTS = [
  json("chat/completions", done, 20 * MIB),
  json("completions"),
  json("embeddings", done, 4 * MIB),
  json("moderations", done, 20 * MIB),
  json("responses", types("response.completed", "response.failed", "response.incomplete"), 20 * MIB),
  json("auto", done, 20 * MIB),
  json("images/generations", types("image_generation.completed")),
  json("audio/speech", types("speech.audio.done")),
  multipart("audio/transcriptions", types("transcript.text.done"), 26 * MIB),
] as const satisfies readonly ModelEndpoint[];

/** Endpoint names that a grant may list: the model endpoints, and those that are not plain requests. */
export const GRANTABLE_ENDPOINTS: readonly string[] = [
  ...MODEL_ENDPOINTS.map((endpoint) => endpoint.path),
  "models",
  "realtime",
];
