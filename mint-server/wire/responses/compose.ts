import type { Response, ResponseUsage } from "openai/resources/responses/responses";
import type { Finish, StreamEvent, Usage } from "../chat-answer.ts";
import type { ChatRequest } from "../chat-request.ts";
import type { Stamp } from "../wire-format.ts";
import { addArguments, closeCall, endCall, startCall } from "./compose-calls.ts";
import {
  addCitation,
  addLogprobs,
  addReasoning,
  addRefusal,
  addText,
  closeMessage,
  closeReasoning,
} from "./compose-said.ts";
import type { Composing, ResponseBody, Send } from "./composing.ts";

type Step = Exclude<StreamEvent, { type: "error" }>;

/** Puts an answer together, step by step, and tells of each; gives the answer when it has ended. */
export function createComposer(
  request: ChatRequest,
  stamp: Stamp,
  send: Send,
): (step: Step) => ResponseBody | undefined {
  let started: { readonly body: ResponseBody; readonly composing: Composing } | undefined;
  let finish: Finish = { reason: "stop" };
  let usage: Usage | undefined;
  return (step) => {
    const start = step.type === "start" ? step : undefined;
    started ??= begin(emptyBody(start, request, stamp), send);
    const { body, composing } = started;
    if ("choice" in step && step.choice !== 0) return undefined;
    switch (step.type) {
      case "start":
      case "usage":
        usage = step.usage ?? usage;
        return undefined;
      case "finish":
        finish = step.finish;
        closeAll(composing, finish);
        return undefined;
      case "end": {
        const ended = { ...body, ...outcomeOf(finish, composing.refused), usage: usage ? encodeUsage(usage) : null };
        stamp.keep?.(ended);
        send({ type: ended.status === "completed" ? "response.completed" : "response.incomplete", response: ended });
        return ended;
      }
      default:
        compose(step, composing);
        return undefined;
    }
  };
}

function begin(body: ResponseBody, send: Send) {
  send({ type: "response.created", response: body });
  send({ type: "response.in_progress", response: body });
  const output: Composing["output"] = [];
  const composing: Composing = { send, name: body.id.replace("resp_", ""), output, calls: new Map(), refused: false };
  return { body: { ...body, output }, composing };
}

/** The provider's id is the answer's only if it looks like one of this API's. */
function emptyBody(
  start: Partial<Extract<Step, { type: "start" }>> = {},
  { model, echo }: ChatRequest,
  { created, newId, keep }: Stamp,
): ResponseBody {
  return {
    // Whatever the caller's request said, put into its place by `decodeRequest`.
    ...(echo as Omit<Response, "output" | "usage">),
    id: /^resp_\w{1,50}$/.test(start.id ?? "") ? String(start.id) : newId("resp_"),
    object: "response",
    created_at: created,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    model: start.model ?? model,
    output: [],
    usage: null,
    // Not in the SDK's type; the API's answers have it.
    ...{ store: keep !== undefined },
  };
}

function compose(step: Exclude<Step, { type: "start" | "usage" | "finish" | "end" }>, composing: Composing): void {
  switch (step.type) {
    case "text":
      addText(composing, step.text);
      break;
    case "refusal":
      addRefusal(composing, step.text);
      break;
    case "citation":
      addCitation(composing, step.citation);
      break;
    case "logprobs":
      addLogprobs(composing, step.logprobs);
      break;
    case "reasoning":
      addReasoning(composing, step.text);
      break;
    case "reasoning_end":
      closeReasoning(composing, step.signature);
      break;
    case "tool_start":
      startCall(composing, step);
      break;
    case "tool_arguments":
      addArguments(composing, step.call, step.text);
      break;
    case "tool_end":
      endCall(composing, step.call);
      break;
  }
}

function closeAll(composing: Composing, finish: Finish): void {
  const { status } = outcomeOf(finish, composing.refused);
  closeReasoning(composing);
  closeMessage(composing, status);
  for (const call of [...composing.calls.keys()]) closeCall(composing, call, status);
}

/**
 * `pause` is an answer that is not whole, for none of the schema's reasons. A refusal in words is a whole answer; one
 * without is a filter's.
 */
function outcomeOf({ reason }: Finish, refused: boolean) {
  const incomplete = (details: Response.IncompleteDetails | null) => {
    return { status: "incomplete", incomplete_details: details } as const;
  };
  if (reason === "length") return incomplete({ reason: "max_output_tokens" });
  if (reason === "content_filter" || (reason === "refusal" && !refused))
    return incomplete({ reason: "content_filter" });
  if (reason === "pause") return incomplete(null);
  return { status: "completed", incomplete_details: null } as const;
}

function encodeUsage(usage: Usage): ResponseUsage {
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}
