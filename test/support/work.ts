import type { Orders } from "./stand-in/orders.ts";
import { order } from "./stand-in.ts";

/** A request for a model's work, as one endpoint takes it. */
export interface Work {
  readonly path: string;
  readonly stream: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

const CHAT = { model: "gpt-4o", messages: [{ role: "user", content: "Say something." }] };

/** Every endpoint, whole and streaming where OpenAI streams it. */
export const ALL_WORK: readonly Work[] = [
  { path: "chat/completions", stream: false, fields: CHAT },
  { path: "chat/completions", stream: true, fields: { ...CHAT, stream: true } },
  { path: "completions", stream: false, fields: { model: "gpt-3.5-turbo-instruct", prompt: "Say" } },
  { path: "completions", stream: true, fields: { model: "gpt-3.5-turbo-instruct", prompt: "Say", stream: true } },
  { path: "embeddings", stream: false, fields: { model: "text-embedding-3-small", input: ["a", "b"] } },
  { path: "moderations", stream: false, fields: { model: "omni-moderation-latest", input: "a" } },
  { path: "responses", stream: false, fields: { model: "gpt-5", input: "Say something." } },
  { path: "responses", stream: true, fields: { model: "gpt-5", input: "Say something.", stream: true } },
  { path: "images/generations", stream: false, fields: { model: "gpt-image-1", prompt: "a dot" } },
  { path: "images/generations", stream: true, fields: { model: "gpt-image-1", prompt: "a dot", stream: true } },
  { path: "audio/speech", stream: false, fields: { model: "gpt-4o-mini-tts", voice: "alloy", input: "Hello" } },
  {
    path: "audio/speech",
    stream: true,
    fields: { model: "gpt-4o-mini-tts", voice: "alloy", input: "Hi", stream_format: "sse" },
  },
  { path: "audio/transcriptions", stream: false, fields: { model: "gpt-4o-transcribe" } },
  { path: "audio/transcriptions", stream: true, fields: { model: "gpt-4o-transcribe", stream: "true" } },
];

/** What other APIs' clients send; the model is OpenAI's all the same. */
export const OTHER_SCHEMAS: readonly Work[] = [
  { path: "anthropic/v1/messages", stream: false, fields: { ...CHAT, max_tokens: 100 } },
  ...["v1beta", "v1"].map((version) => ({
    path: `google/${version}/models/gpt-4o:generateContent`,
    stream: false,
    fields: { contents: [{ role: "user", parts: [{ text: "Say something." }] }] },
  })),
];

/** A chat request with orders for the stand-in. */
export function chat(orders: Orders = {}, fields: object = {}) {
  return { ...CHAT, ...order(orders), ...fields };
}

/** The request itself, to be sent by any caller. */
export function requestOf({ path, fields }: Work, orders: Orders = {}): RequestInit & { readonly method: "POST" } {
  if (path === "audio/transcriptions") return { method: "POST", body: formOf(fields, orders) };
  const body = JSON.stringify({ ...fields, ...(isOpenAI(path) && order(orders)) });
  return { method: "POST", headers: { "content-type": "application/json" }, body };
}

/** Other schemas have no place for orders outside of their text. */
function isOpenAI(path: string): boolean {
  return !/^(anthropic|google)\//.test(path);
}

function formOf(fields: Work["fields"], orders: Orders): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
  form.set("stand_in", JSON.stringify(orders));
  form.set("file", new File([Uint8Array.of(0, 1, 2, 255)], "speech.wav", { type: "audio/wav" }));
  return form;
}
