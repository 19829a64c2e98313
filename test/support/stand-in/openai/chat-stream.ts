import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import type { StreamEvent } from "../answers.ts";
import { argumentPieces } from "../reply.ts";
import { annotationsOf, finishOf, indexes, usageEvent } from "./chat-parts.ts";
import { callId, dialectExtras, thinkingDeltas } from "./dialects.ts";
import type { AnswerInput } from "./format.ts";
import { logprobsOf } from "./logprobs.ts";

type Base = Omit<ChatCompletionChunk, "choices">;
type CallDelta = ChatCompletionChunk.Choice.Delta.ToolCall;
type Finish = ChatCompletionChunk.Choice["finish_reason"];

/** The events of a streamed chat completion, its choices side by side. */
export function chatEvents(base: Base, input: AnswerInput): StreamEvent[] {
  const { asked, reply } = input;
  const all = indexes(input);
  const toAll = (delta: object, finish_reason: Finish = null, pieces: readonly string[] = []) =>
    all.map((index): StreamEvent => {
      const chunk: ChatCompletionChunk = {
        ...base,
        choices: [{ index, delta, logprobs: logprobsOf(input, pieces), finish_reason }],
      };
      return { data: chunk };
    });
  const field = reply.finish === "refusal" ? "refusal" : "content";
  const annotations = annotationsOf(reply);
  const events = [
    ...toAll({ role: "assistant", content: "", refusal: null }),
    ...thinkingDeltas(asked, reply).flatMap((delta) => toAll(delta)),
    ...reply.pieces.flatMap((piece) => toAll({ [field]: piece }, null, [piece])),
    ...(annotations.length > 0 ? toAll({ annotations }) : []),
    ...callDeltas(input).flatMap((tool_calls) => toAll({ tool_calls })),
    ...toAll({}, finishOf(reply)),
    ...usageEvent(base, input),
  ];
  const extras = dialectExtras(asked, reply);
  return [...events.map(({ data }) => ({ data: { ...(data as object), ...extras } })), { data: "[DONE]" }];
}

/** The calls' deltas, each list one chunk's. */
function callDeltas({ asked, reply }: AnswerInput): Partial<CallDelta>[][] {
  const quirk = reply.orders.toolIndexes ?? "ordinary";
  const calls = reply.calls.map((call, at): Partial<CallDelta>[] => {
    const index = { index: quirk === "repeated" ? 0 : at };
    const start = { id: callId(asked, reply, at), type: "function" as const };
    if (quirk === "missing") {
      return [{ ...start, function: { name: call.name, arguments: JSON.stringify(call.arguments) } }];
    }
    return [
      { ...index, ...start, function: { name: call.name, arguments: "" } },
      ...argumentPieces(call, reply.orders).map((piece) => ({ ...index, function: { arguments: piece } })),
    ];
  });
  if (quirk !== "interleaved") return calls.flat().map((delta) => [delta]);
  const longest = Math.max(0, ...calls.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => calls.flatMap((deltas) => deltas.slice(at, at + 1)));
}
