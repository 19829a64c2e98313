import type { Fields } from "../../../../mint-server/realtime/events.ts";

/** What one response is to be. */
export interface Script {
  /** Text of the answer, or transcript of the voice. */
  readonly text?: string;
  /** Seconds of voice. */
  readonly seconds?: number;
  /** A call of a function in the place of a message. */
  readonly call?: { readonly name: string; readonly arguments: string };
  /** Ends here, after so many deltas: the connection is cut, or closed with a code; or it says nothing more. */
  readonly after?: {
    readonly deltas: number;
    readonly then: "cut" | "stall" | { readonly code: number; readonly reason: string };
  };
  /** Milliseconds between deltas; as fast as it goes unless given. */
  readonly everyMs?: number;
  /** The item is announced by `response.output_item.added` alone. */
  readonly unannounced?: boolean;
  readonly usage?: Fields | null;
  readonly status?: "completed" | "failed";
}

/** Milliseconds of voice in one delta. */
const DELTA_MS = 100;
const BYTES_PER_MS = 48;
/** A quiet tone: voice that is not silence, and easy to tell apart. */
const VOICE = Buffer.alloc(DELTA_MS * BYTES_PER_MS, "\x10\x01").toString("base64");

/** What an event sequence needs to know of its session. */
export interface Answering {
  readonly responseId: string;
  readonly itemId: string;
  readonly modality: "text" | "audio";
  readonly script: Script;
  readonly session: Fields;
  readonly parameters: Fields;
  readonly usage: Fields;
}

/** One event; a delta is where orders take effect. */
export interface Step {
  readonly event: Fields & { readonly type: string };
  readonly isDelta?: boolean;
}

/** The events of one response in the order of recorded sessions (GA), up to `response.done`. */
export function* answerSteps(answering: Answering): Generator<Step> {
  const { script, itemId, responseId } = answering;
  yield { event: { type: "response.created", response: responseOf(answering, "in_progress", []) } };
  const item = itemOf(answering, "in_progress", []);
  const at = { response_id: responseId, output_index: 0 };
  yield { event: { type: "response.output_item.added", ...at, item } };
  if (!script.unannounced) yield { event: { type: "conversation.item.added", previous_item_id: null, item } };
  yield* script.call ? callSteps(answering, script.call) : contentSteps(answering);
  const done = finalItem(answering);
  if (!script.unannounced) yield { event: { type: "conversation.item.done", previous_item_id: null, item: done } };
  yield { event: { type: "response.output_item.done", ...at, item: { ...done, id: itemId } } };
  yield { event: { type: "response.done", response: responseOf(answering, script.status ?? "completed", [done]) } };
}

function* callSteps({ responseId, itemId }: Answering, call: NonNullable<Script["call"]>): Generator<Step> {
  const at = { response_id: responseId, item_id: itemId, output_index: 0, call_id: `call_${itemId}` };
  for (const delta of call.arguments.match(/.{1,8}/gsu) ?? [])
    yield { event: { type: "response.function_call_arguments.delta", ...at, delta }, isDelta: true };
  yield {
    event: { type: "response.function_call_arguments.done", ...at, name: call.name, arguments: call.arguments },
  };
}

function* contentSteps({ responseId, itemId, modality, script }: Answering): Generator<Step> {
  const at = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
  const text = textOf(script);
  const isVoice = modality === "audio";
  const part = (value: string) => (isVoice ? { type: "audio", transcript: value } : { type: "text", text: value });
  const words = isVoice ? "response.output_audio_transcript" : "response.output_text";
  yield { event: { type: "response.content_part.added", ...at, part: part("") } };
  for (const delta of text.match(/\S+\s*/gu) ?? [])
    yield { event: { type: `${words}.delta`, ...at, delta }, isDelta: true };
  for (let ms = 0; isVoice && ms < secondsOf(script) * 1000; ms += DELTA_MS)
    yield { event: { type: "response.output_audio.delta", ...at, delta: VOICE }, isDelta: true };
  if (isVoice) yield { event: { type: "response.output_audio.done", ...at } };
  yield { event: { type: `${words}.done`, ...at, [isVoice ? "transcript" : "text"]: text } };
  yield { event: { type: "response.content_part.done", ...at, part: part(text) } };
}

export function textOf({ text = "Hello from the stand-in." }: Script): string {
  return text;
}

export function secondsOf({ seconds = 0.5 }: Script): number {
  return seconds;
}

function finalItem(answering: Answering): Fields {
  const { script, modality } = answering;
  const text = textOf(script);
  const part = modality === "audio" ? { type: "output_audio", transcript: text } : { type: "output_text", text };
  return itemOf(answering, "completed", [part]);
}

function itemOf({ itemId, script }: Answering, status: string, content: readonly Fields[]): Fields {
  const common = { id: itemId, object: "realtime.item", status };
  if (!script.call) return { ...common, type: "message", role: "assistant", content };
  const { name, arguments: given } = script.call;
  const isDone = status === "completed";
  return { ...common, type: "function_call", name, call_id: `call_${itemId}`, arguments: isDone ? given : "" };
}

/** The response object of `response.created` and `response.done`. */
export function responseOf(answering: Answering, status: string, output: readonly Fields[]): Fields {
  const { responseId, parameters, modality, usage, session, script } = answering;
  const isOver = status !== "in_progress";
  return {
    object: "realtime.response",
    id: responseId,
    status,
    status_details: null,
    output,
    conversation_id: "conv_1",
    output_modalities: [modality],
    max_output_tokens: parameters.max_output_tokens ?? session.max_output_tokens ?? "inf",
    audio: { output: (session.audio as { readonly output?: unknown } | undefined)?.output ?? {} },
    usage: isOver ? (script.usage === undefined ? usage : script.usage) : null,
    metadata: parameters.metadata ?? null,
  };
}
