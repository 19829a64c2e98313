import { utf8 } from "../mint-server/contract/bytes.ts";
import { HEADER, type Source } from "../mint-server/contract/headers.ts";
import type { ErrorDetails } from "../mint-server/contract/openai-error.ts";
import type { ChatAnswer, Finish, StreamEvent } from "../mint-server/wire/chat-answer.ts";
import type { ChatRequest } from "../mint-server/wire/chat-request.ts";
import type { CallerFormat, Stamp, StreamEncoder } from "../mint-server/wire/wire-format.ts";
import type { LocalAnswer } from "./answers.ts";

/** A local model at work. */
export interface LocalWork {
  readonly schema: CallerFormat;
  readonly request: ChatRequest;
  readonly stamp: Stamp;
  /** What kind of model it is: `js` or `window`. */
  readonly format: string;
  readonly steps: AsyncGenerator<StreamEvent>;
  /** Aborts when the caller leaves, in any way. */
  readonly signal: AbortSignal;
}

/**
 * A local model's steps as its caller reads them, in one piece or as a stream. What fails before the first word is an error
 * with a status; later it is one event of the stream.
 */
export async function answerFrom(work: LocalWork): Promise<Response | LocalAnswer> {
  const { schema, request, stamp, steps, signal } = work;
  // A function that does not look at its signal is stopped at its next word.
  signal.addEventListener("abort", () => void steps.return(undefined).catch(() => undefined));
  const made: StreamEvent[] = [];
  for await (const step of unclosed(steps)) {
    if (step.type === "error") return failed(step.details);
    made.push(step);
    if (request.stream && step.type !== "start") return respond(work, "text/event-stream", bodyOf(made, work));
  }
  const answer = JSON.stringify(schema.encodeAnswer(wholeOf(made, request), request, stamp));
  return respond(work, "application/json", answer);
}

/** The same steps, to be gone on with after leaving the loop. */
async function* unclosed<T>(steps: AsyncGenerator<T>): AsyncGenerator<T> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return;
    yield value;
  }
}

function failed(error: ErrorDetails): LocalAnswer {
  return { status: error.type === "invalid_request_error" ? 400 : 500, error };
}

function wholeOf(steps: readonly StreamEvent[], { model }: ChatRequest): ChatAnswer {
  let text = "";
  let finish: Finish = { reason: "stop" };
  for (const step of steps) {
    if (step.type === "text") text += step.text;
    else if (step.type === "finish") finish = step.finish;
  }
  return { model, choices: [{ index: 0, parts: [{ kind: "text", text }], finish }] };
}

function respond({ format }: LocalWork, contentType: string, body: BodyInit): Response {
  const source: Source = "device";
  return new Response(body, {
    headers: {
      "content-type": contentType,
      "cache-control": "no-store",
      [HEADER.usedEndpoint]: format,
      [HEADER.source]: source,
    },
  });
}

/** The stream: first what is made already, then each step as it comes. It breaks when the caller leaves. */
function bodyOf(
  made: readonly StreamEvent[],
  { schema, request, stamp, steps, signal }: LocalWork,
): ReadableStream<Uint8Array> {
  const encoder = schema.createStreamEncoder(request, stamp);
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal.addEventListener("abort", () => controller.error(signal.reason));
        controller.enqueue(utf8(encodeAll(made, encoder)));
      },
      async pull(controller) {
        // A pull that gave nothing would not be asked again.
        for (;;) {
          const { done, value } = await steps.next();
          if (signal.aborted) return;
          if (done) return controller.close();
          const text = encoder.encode(value);
          if (text !== "") return controller.enqueue(utf8(text));
        }
      },
      async cancel() {
        await steps.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function encodeAll(steps: readonly StreamEvent[], encoder: StreamEncoder): string {
  return steps.map((step) => encoder.encode(step)).join("");
}
