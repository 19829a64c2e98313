import { utf8 } from "../contract/bytes.ts";
import { errorEvent } from "../contract/openai-error.ts";
import type { JsMessage, JsModel } from "../providers/js-model.ts";

/** A request that a function answers, in the two OpenAI shapes that are plain text in and out. */
export interface JsCall {
  readonly endpoint: "chat/completions" | "completions";
  readonly model: string;
  readonly run: JsModel;
  readonly body: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  readonly created: number;
}

/** The whole answer as one OpenAI object. Rejects with whatever the function threw. */
export async function completeJs(call: JsCall): Promise<unknown> {
  let content = "";
  for await (const piece of start(call)) content += piece;
  const isChat = call.endpoint === "chat/completions";
  const choice = isChat ? { message: { role: "assistant", content, refusal: null } } : { text: content };
  return {
    ...envelope(call, isChat ? "chat.completion" : "text_completion"),
    choices: [{ index: 0, ...choice, logprobs: null, finish_reason: "stop" }],
  };
}

/** The answer as an event stream, each piece sent as the function yields it. The function stops when the caller leaves. */
export function streamJs(call: JsCall): ReadableStream<Uint8Array> {
  const isChat = call.endpoint === "chat/completions";
  const base = envelope(call, isChat ? "chat.completion.chunk" : "text_completion");
  const event = (choice: object, finish_reason: string | null = null) =>
    utf8(`data: ${JSON.stringify({ ...base, choices: [{ index: 0, ...choice, logprobs: null, finish_reason }] })}\n\n`);
  const pieces = start(call)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (isChat) controller.enqueue(event({ delta: { role: "assistant", content: "" } }));
    },
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (!done) return controller.enqueue(event(isChat ? { delta: { content: value } } : { text: value }));
        controller.enqueue(event(isChat ? { delta: {} } : { text: "" }, "stop"));
        controller.enqueue(utf8("data: [DONE]\n\n"));
      } catch {
        controller.enqueue(utf8(errorEvent(FUNCTION_FAILED)));
      }
      controller.close();
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}

const FUNCTION_FAILED = {
  message: "This model's function threw.",
  type: "server_error",
  code: "model_function_failed",
};

function start({ run, model, body, signal }: JsCall): AsyncIterable<string> {
  return run({ model, messages: messagesOf(body), signal });
}

function envelope({ model, created }: JsCall, object: string) {
  return { id: `chatcmpl-${crypto.randomUUID()}`, object, created, model };
}

function messagesOf(body: Readonly<Record<string, unknown>>): JsMessage[] {
  const { messages, prompt } = body;
  if (!Array.isArray(messages)) return [{ role: "user", content: typeof prompt === "string" ? prompt : "" }];
  return messages.map(({ role, content }) => ({ role: String(role), content: textOf(content) }));
}

/** A message's text: the string itself, or its text parts joined. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.flatMap((part) => (typeof part?.text === "string" ? [part.text] : [])).join("\n");
}
