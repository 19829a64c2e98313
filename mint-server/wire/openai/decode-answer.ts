import type { ChatAnswer, ChatChoice } from "../chat-answer.ts";
import type { ChatRequest, Citation, Part, ToolCallPart } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";
import { madeCallId } from "./call-id.ts";
import {
  annotationsOf,
  argumentsOf,
  finishOf,
  logprobsOf,
  returnsThoughts,
  saidIn,
  sourcesOf,
} from "./decode-parts.ts";
import { defined } from "./defined.ts";
import { THOUGHTS } from "./thoughts.ts";
import { decodeUsage } from "./usage.ts";

/** A whole chat completion; `undefined` if it is none. */
export function decodeAnswer(value: unknown, { model }: ChatRequest): ChatAnswer | undefined {
  const body = asObject(value);
  if (!body || body.error) return undefined;
  const id = asText(body.id) || undefined;
  const sources = sourcesOf(body);
  const choices = asObjects(body.choices).flatMap((choice, at): ChatChoice[] => {
    const message = asObject(choice.message);
    return message ? [decodeChoice(choice, message, { id, at, model, sources })] : [];
  });
  if (choices.length === 0) return undefined;
  return {
    choices,
    ...defined({
      id,
      model: asText(body.model) || undefined,
      usage: decodeUsage(body.usage),
      serviceTier: asText(body.service_tier),
    }),
  };
}

interface Around {
  readonly id: string | undefined;
  readonly at: number;
  readonly model: string;
  readonly sources: readonly Citation[];
}

function decodeChoice(choice: Json, message: Json, { id, at, model, sources }: Around): ChatChoice {
  const index = asNumber(choice.index) ?? at;
  const calls = callsOf(message).map(
    (call, number): ToolCallPart => ({
      kind: "tool_call",
      id: asText(call.id) || madeCallId(id, index, number),
      name: asText(asObject(call.function)?.name) ?? "",
      arguments: argumentsOf(asObject(call.function)),
    }),
  );
  const signed = returnsThoughts(message) ? { signature: { by: THOUGHTS, value: model } } : {};
  const said = saidIn(message).map((part): Part => (part.kind === "reasoning" ? { ...part, ...signed } : part));
  const citations = [...annotationsOf(message.annotations), ...sources];
  const parts = [...cited(said, citations), ...calls];
  const refusal = parts.some(({ kind }) => kind === "refusal");
  return {
    index,
    parts,
    finish: finishOf(choice, { calls: calls.length > 0, refusal }),
    ...defined({ logprobs: logprobsOf(choice.logprobs) }),
  };
}

/** A message's tool calls, or the one of the older API. */
function callsOf({ tool_calls, function_call }: Json): readonly Json[] {
  const calls = asObjects(tool_calls).filter((call) => asObject(call.function));
  const older = asObject(function_call);
  return calls.length === 0 && older ? [{ function: older }] : calls;
}

/** Citations stand with the last text, since offsets count through all of it. */
function cited(parts: readonly Part[], citations: readonly Citation[]): readonly Part[] {
  const last = parts.findLastIndex(({ kind }) => kind === "text");
  if (citations.length === 0) return parts;
  return parts.map((part, index) => (index === last && part.kind === "text" ? { ...part, citations } : part));
}
