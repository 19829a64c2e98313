import type { JsMessage, JsModel } from "../providers/js-model.ts";
import type { ChatAnswer, StreamEvent } from "./chat-answer.ts";
import { type ChatRequest, textOf } from "./chat-request.ts";

/** A request that a function answers. */
export interface JsCall {
  readonly run: JsModel;
  readonly request: ChatRequest;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

const choice = 0;
const finish = { reason: "stop" } as const;

/** The whole answer of a function. Rejects with whatever it threw. */
export async function answerByFunction(call: JsCall): Promise<ChatAnswer> {
  let text = "";
  for await (const piece of start(call)) text += piece;
  return { model: call.request.model, choices: [{ index: 0, parts: [{ kind: "text", text }], finish }] };
}

/** The answer step by step, each piece as the function yields it. Ends when the function does, or with its failure. */
export async function* streamByFunction(call: JsCall): AsyncGenerator<StreamEvent> {
  yield { type: "start", model: call.request.model };
  try {
    for await (const text of start(call)) yield { type: "text", choice, text };
  } catch {
    yield { type: "error", details: FUNCTION_FAILED };
    return;
  }
  yield { type: "finish", choice, finish };
  yield { type: "end" };
}

const FUNCTION_FAILED = {
  message: "This model's function threw.",
  type: "server_error",
  code: "model_function_failed",
};

function start({ run, request, signal }: JsCall): AsyncIterable<string> {
  return run({ model: request.model, messages: request.messages.map(toMessage), signal });
}

/** A message's text: what is no text a function does not see. */
function toMessage({ role, parts }: ChatRequest["messages"][number]): JsMessage {
  return { role, content: textOf(parts, "\n") };
}
