import type { Finish, FinishReason, TokenLogprob } from "../chat-answer.ts";
import type { Citation } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";
import { defined } from "./defined.ts";

/** A piece of what the model said, in a whole answer as in a stream. */
export interface Said {
  readonly kind: "text" | "reasoning" | "refusal";
  readonly text: string;
}

/** What a message or a delta says, in the order in which models say it. None of it is empty. */
export function saidIn(message: Json): readonly Said[] {
  const thought = thoughtIn(message);
  return [
    { kind: "reasoning", text: thought } as const,
    ...contentOf(message.content),
    { kind: "refusal", text: asText(message.refusal) ?? "" } as const,
  ].filter(({ text }) => text !== "");
}

/** Thoughts have two names. Where both are there, both hold the same. */
function thoughtIn({ reasoning_content, reasoning }: Json): string {
  return asText(reasoning_content) || asText(reasoning) || "";
}

/** True if the provider wants the thoughts of a message back in the field in which they came. */
export function returnsThoughts({ reasoning_content }: Json): boolean {
  return Boolean(asText(reasoning_content));
}

/** Text, or Mistral's list of chunks, of which those that think hold chunks themselves. */
function contentOf(content: unknown): readonly Said[] {
  const text = asText(content);
  if (text !== undefined) return [{ kind: "text", text }];
  return asObjects(content).flatMap((chunk): readonly Said[] => {
    if (chunk.type === "text") return [{ kind: "text", text: asText(chunk.text) ?? "" }];
    if (chunk.type !== "thinking") return [];
    const { thinking } = chunk;
    const thought =
      asText(thinking) ??
      asObjects(thinking)
        .map((piece) => asText(piece.text) ?? "")
        .join("");
    return [{ kind: "reasoning", text: thought }];
  });
}

/** Arguments as text: a few providers send the object itself. */
export function argumentsOf(called: Json | undefined): string {
  const value = called?.arguments;
  return asText(value) ?? (asObject(value) ? JSON.stringify(value) : "");
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  length: "length",
  model_length: "length",
  max_tokens: "length",
  content_filter: "content_filter",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
};

/** Why a choice ended. What it holds decides where the provider says nothing, nothing known, or merely that it stopped. */
export function finishOf(choice: Json, holds: { readonly calls: boolean; readonly refusal: boolean }): Finish {
  const told = REASONS[asText(choice.finish_reason) ?? ""];
  const stopSequence = asText(choice.stop_reason);
  if (told) return { reason: told };
  if (holds.calls) return { reason: "tool_calls" };
  if (holds.refusal) return { reason: "refusal" };
  return { reason: "stop", ...(stopSequence && { stopSequence }) };
}

export function logprobsOf(value: unknown): readonly TokenLogprob[] | undefined {
  const logprobs = asObject(value);
  const tokens = [...asObjects(logprobs?.content), ...asObjects(logprobs?.refusal)];
  return tokens.length === 0
    ? undefined
    : tokens.map((token) => ({ ...tokenOf(token), top: asObjects(token.top_logprobs).map(tokenOf) }));
}

function tokenOf({ token, logprob, bytes }: Json) {
  const known = Array.isArray(bytes) ? { bytes: bytes.map((byte) => asNumber(byte) ?? 0) } : {};
  return { token: asText(token) ?? "", logprob: asNumber(logprob) ?? 0, ...known };
}

/** OpenAI's citations of web pages. */
export function annotationsOf(value: unknown): readonly Citation[] {
  return asObjects(value).flatMap(({ type, url_citation }) => {
    const page = type === "url_citation" && asObject(url_citation);
    if (!page) return [];
    const { url, title, start_index, end_index } = page;
    return [
      defined({ url: asText(url), title: asText(title), start: asNumber(start_index), end: asNumber(end_index) }),
    ];
  });
}

/** Perplexity's sources, which stand beside the choices and are those of all of them. */
export function sourcesOf({ search_results, citations }: Json): readonly Citation[] {
  const results = asObjects(search_results).flatMap(({ url, title, snippet }) =>
    asText(url) ? [defined({ url: asText(url), title: asText(title), quote: asText(snippet) || undefined })] : [],
  );
  if (results.length > 0 || !Array.isArray(citations)) return results;
  return citations.flatMap((url) => (typeof url === "string" ? [{ url }] : []));
}
