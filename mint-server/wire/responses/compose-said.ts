import type { ResponseOutputMessage, ResponseOutputText } from "openai/resources/responses/responses";
import { packSignature } from "../carry.ts";
import type { TokenLogprob } from "../chat-answer.ts";
import type { Citation, Signature } from "../chat-request.ts";
import { begin, type Composing, finishItem, type ItemStatus, type Open, type OpenText } from "./composing.ts";
import { WIRE } from "./wire-id.ts";

/** Adds to the thought that is being told. */
export function addReasoning(composing: Composing, delta: string): void {
  if (delta === "") return;
  closeMessage(composing, "completed");
  composing.reasoning ??= begin(composing, "rs", (id) => ({ type: "reasoning", id, summary: [] }));
  const { item, place } = composing.reasoning;
  const at = { ...place, summary_index: 0 };
  let [summary] = item.summary;
  if (!summary) {
    summary = { type: "summary_text", text: "" };
    item.summary.push(summary);
    composing.send({ type: "response.reasoning_summary_part.added", ...at, part: summary });
  }
  summary.text += delta;
  composing.send({ type: "response.reasoning_summary_text.delta", ...at, delta });
}

/** Ends a thought. One that was never told is an item all the same if it is signed. */
export function closeReasoning(composing: Composing, signature?: Signature): void {
  if (signature && !composing.reasoning) {
    closeMessage(composing, "completed");
    composing.reasoning = begin(composing, "rs", (id) => ({ type: "reasoning", id, summary: [] }));
  }
  const { reasoning, send } = composing;
  if (!reasoning) return;
  const [part] = reasoning.item.summary;
  if (part) {
    const at = { ...reasoning.place, summary_index: 0 };
    send({ type: "response.reasoning_summary_text.done", ...at, text: part.text });
    send({ type: "response.reasoning_summary_part.done", ...at, part });
  }
  if (signature) reasoning.item.encrypted_content = packSignature(signature, WIRE);
  finishItem(composing, reasoning);
  composing.reasoning = undefined;
}

/** Adds to the answer's text. */
export function addText(composing: Composing, delta: string): void {
  if (delta === "") return;
  const { part, place } = openText(composing);
  part.text += delta;
  composing.send({ type: "response.output_text.delta", ...place, delta, logprobs: [] });
}

export function addRefusal(composing: Composing, delta: string): void {
  if (delta === "") return;
  composing.refused = true;
  const { item, place } = openMessage(composing);
  let part = item.content.at(-1);
  if (part?.type !== "refusal") {
    closePart(composing);
    part = { type: "refusal", refusal: "" };
    addPart(composing, part);
  }
  part.refusal += delta;
  const at = { ...place, content_index: item.content.length - 1 };
  composing.send({ type: "response.refusal.delta", ...at, delta });
}

/** What names no page has no annotation in this schema. Without a place it stands for all of its text so far. */
export function addCitation(composing: Composing, { url, title, start, end }: Citation): void {
  if (url === undefined) return;
  const text = composing.text ?? openText(composing);
  const within = (offset: number): number => Math.max(0, offset - text.start);
  const annotation: ResponseOutputText.URLCitation = {
    type: "url_citation",
    url,
    title: title ?? url,
    start_index: start === undefined ? 0 : within(start),
    end_index: end === undefined ? text.part.text.length : within(end),
  };
  const annotation_index = text.part.annotations.push(annotation) - 1;
  if (!isOpen(composing, text)) return;
  composing.send({ type: "response.output_text.annotation.added", ...text.place, annotation_index, annotation });
}

/** Probabilities come with words in this schema: here with none, since those were sent before. */
export function addLogprobs(composing: Composing, given: readonly TokenLogprob[]): void {
  const { text } = composing;
  if (!text) return;
  const logprobs = given.map(({ top, ...token }) => ({ ...bytesOf(token), top_logprobs: top.map(bytesOf) }));
  text.part.logprobs ??= [];
  for (const logprob of logprobs) text.part.logprobs.push(logprob);
  if (isOpen(composing, text)) {
    composing.send({ type: "response.output_text.delta", ...text.place, delta: "", logprobs });
  }
}

function bytesOf({ token, logprob, bytes }: Omit<TokenLogprob, "top">): ResponseOutputText.Logprob.TopLogprob {
  return { token, logprob, bytes: [...(bytes ?? [])] };
}

function openMessage(composing: Composing): Open<ResponseOutputMessage> {
  closeReasoning(composing);
  composing.message ??= begin(composing, "msg", (id) => ({
    type: "message",
    id,
    role: "assistant",
    status: "in_progress",
    content: [],
  }));
  return composing.message;
}

function openText(composing: Composing): OpenText {
  const { item, place } = openMessage(composing);
  const { text } = composing;
  if (text && isOpen(composing, text)) return text;
  closePart(composing);
  const start = text ? text.start + text.part.text.length : 0;
  const part: ResponseOutputText = { type: "output_text", annotations: [], text: "" };
  composing.text = { part, place: { ...place, content_index: item.content.length }, start };
  addPart(composing, part);
  return composing.text;
}

function isOpen({ message }: Composing, { part }: OpenText): boolean {
  return message?.item.content.at(-1) === part;
}

function addPart({ message, send }: Composing, part: ResponseOutputMessage["content"][number]): void {
  if (!message) return;
  const content_index = message.item.content.push(part) - 1;
  send({ type: "response.content_part.added", ...message.place, content_index, part });
}

function closePart({ message, send }: Composing): void {
  const part = message?.item.content.at(-1);
  if (!message || !part) return;
  const at = { ...message.place, content_index: message.item.content.length - 1 };
  if (part.type === "refusal") send({ type: "response.refusal.done", ...at, refusal: part.refusal });
  else send({ type: "response.output_text.done", ...at, text: part.text, logprobs: part.logprobs ?? [] });
  send({ type: "response.content_part.done", ...at, part });
}

export function closeMessage(composing: Composing, status: ItemStatus): void {
  const { message } = composing;
  if (!message) return;
  closePart(composing);
  message.item.status = status;
  finishItem(composing, message);
  composing.message = undefined;
}
