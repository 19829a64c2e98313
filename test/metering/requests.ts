import { MODEL_ENDPOINTS } from "../../mint-server/contract/endpoints.ts";
import type { ModelRequest } from "../../mint-server/model-request.ts";
import type { ModelFacts } from "../../mint-server/providers/provider.ts";

/** A request as it is when its body was read and checked. `path` is the endpoint's, or a Gemini method. */
export function requestOf(path: string, body: Record<string, unknown>, model = "gpt-4o"): ModelRequest {
  const endpoint = MODEL_ENDPOINTS.find((found) => found.path === path || found.path.endsWith(`:${path}`));
  if (!endpoint) throw new Error(`no endpoint ${path}`);
  return {
    endpoint,
    model,
    stream: body.stream === true || endpoint.streams === true,
    isArray: false,
    payload: JSON.stringify(body),
    contentType: "application/json",
    body,
  };
}

/** A form with a file of so many bytes. */
export function formOf(path: string, fileBytes: number): ModelRequest {
  return { ...requestOf(path, { model: "gpt-4o", file: fileBytes }), payload: new Uint8Array(fileBytes) };
}

export const FACTS: ModelFacts = { flavor: "chat", format: "openai", multimodal: true };

/** A request of one user's message, in each schema of conversations. */
export const CONVERSATIONS: readonly (readonly [path: string, body: (text: string) => Record<string, unknown>])[] = [
  ["chat/completions", (content) => ({ messages: [{ role: "user", content }] })],
  ["completions", (prompt) => ({ prompt })],
  ["responses", (input) => ({ input })],
  ["anthropic/v1/messages", (content) => ({ messages: [{ role: "user", content }] })],
  ["generateContent", (text) => ({ contents: [{ parts: [{ text }] }] })],
  ["embeddings", (input) => ({ input })],
  ["batchEmbedContents", (text) => ({ requests: [{ content: { parts: [{ text }] } }] })],
  ["audio/speech", (input) => ({ input, voice: "coral" })],
];
