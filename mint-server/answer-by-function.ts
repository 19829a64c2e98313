import { type AskedAnswer, failed } from "./answer.ts";
import type { ModelCall } from "./ask-model.ts";
import { utf8 } from "./contract/bytes.ts";
import { HEADER, type Source } from "./contract/headers.ts";
import { type Following, followingOf } from "./following.ts";
import type { Budget } from "./metering/budget.ts";
import type { ModelRequest } from "./model-request.ts";
import type { JsModel } from "./providers/js-model.ts";
import { keeperOf } from "./responses/keeper.ts";
import { encodeWhole, readChat, streamTypeOf } from "./translate-chat.ts";
import type { StreamEvent } from "./wire/chat-answer.ts";
import type { ChatSchema } from "./wire/formats.ts";
import { answerByFunction, type JsCall, streamByFunction } from "./wire/js.ts";
import { FieldError } from "./wire/read.ts";
import type { StreamEncoder } from "./wire/wire-format.ts";

/** Schemas in which a function can be asked. */
const CHAT_SCHEMAS: ReadonlySet<string> = new Set<ChatSchema>([
  "chat",
  "completions",
  "responses",
  "anthropic",
  "google",
]);

/** Answers with a model that is a function, in whatever schema the caller wrote. What it has no use for it does not see. */
export async function completeByFunction(
  call: ModelCall,
  request: ModelRequest,
  run: JsModel,
  budget: Budget | undefined,
): Promise<AskedAnswer> {
  const {
    request: { signal },
    now,
  } = call;
  // Functions cost nothing but the request itself.
  budget?.release();
  const { schema, name } = request.endpoint;
  if (!CHAT_SCHEMAS.has(schema) || name === "countTokens") {
    const detail = `The model ${request.model} answers conversations only.`;
    return failed({ kind: "bad_field", param: "model", detail });
  }
  try {
    const chat = await readChat({ request, now, keep: keeperOf(call, request) }, schema as ChatSchema);
    const asked: JsCall = { run, request: chat.request, signal };
    const encoder = chat.schema.createStreamEncoder(chat.request, chat.stamp);
    const following = followingOf(call, undefined);
    const { contentType, body } = request.stream
      ? { contentType: streamTypeOf(chat), body: written(streamByFunction(asked), encoder, following) }
      : encodeWhole(await answerByFunction(asked), chat);
    const source: Source = "upstream";
    return {
      status: 200,
      headers: { "content-type": contentType, [HEADER.usedEndpoint]: "js", [HEADER.source]: source },
      body,
    };
  } catch (error) {
    if (error instanceof FieldError) return failed({ kind: "bad_field", param: error.param, detail: error.message });
    return failed({ kind: signal.aborted ? "caller_left" : "model_function_failed" });
  }
}

/**
 * Writes an answer's steps as its caller reads them. The function stops when the caller leaves, and when its credential is
 * revoked, of which the caller is told.
 */
function written(
  steps: AsyncGenerator<StreamEvent>,
  encoder: StreamEncoder,
  following: Following | undefined,
): ReadableStream<Uint8Array> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<IteratorResult<StreamEvent>>();
  following?.watch({ stop: (details) => stop({ value: { type: "error", details } }) });
  const over = (): void => {
    following?.over();
    void steps.return(undefined).catch(() => {});
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      // A pull that gave nothing would not be asked again.
      for (;;) {
        const { done, value } = await Promise.race([stopped, steps.next()]);
        const text = done ? "" : encoder.encode(value);
        if (text !== "") controller.enqueue(utf8(text));
        if (done || value.type === "error") {
          over();
          return controller.close();
        }
        if (text !== "") return;
      }
    },
    cancel: over,
  });
}
