import { type Answer, type AskedAnswer, isPassage } from "../answer.ts";
import type { Reader, WayOut } from "./reader.ts";

/** How long after a provider's end its last bytes are awaited: a caller who leaves is told of by the request's signal. */
const LAST_BYTES_MS = 1000;

type End = (way: WayOut) => void;

/** A stream that is made here, read along while it is made. Any other answer is left to {@link readOut}. */
export function readPassage(answer: AskedAnswer, reading: () => Reader, end: End): AskedAnswer {
  const { body } = answer;
  if (!isPassage(body)) return answer;
  const { translation } = body;
  const reader = reading();
  reader.begin(answer.headers["content-type"]);
  const see = (text: string): string => {
    reader.seeText(text);
    return text;
  };
  let hasEnded = false;
  return {
    ...answer,
    body: {
      ...body,
      translation: {
        ...(translation.isBinary && { isBinary: true }),
        feed: (chunk) => see(translation.feed(chunk)),
        end() {
          hasEnded = true;
          setTimeout(end, 0, "whole");
          return see(translation.end());
        },
        ...(translation.ready && { ready: () => translation.ready?.() }),
        closed() {
          translation.closed?.();
          // On workerd the provider's end is known before the last of it was read.
          if (translation.done) end("whole");
          else if (!hasEnded) setTimeout(end, LAST_BYTES_MS, "left");
        },
        get done() {
          return translation.done;
        },
        get isComplete() {
          return translation.isComplete ?? false;
        },
      },
    },
  };
}

/** An answer read along as it goes out. */
export function readOut(answer: Answer, reader: Reader, end: End): Answer {
  const { body, headers } = answer;
  if (body instanceof ReadableStream) {
    reader.begin(headers["content-type"]);
    return { ...answer, body: readStream(body, reader, end) };
  }
  if (typeof body === "string") reader.seeWhole(body);
  else if (body instanceof Uint8Array) readBytes(body, headers["content-type"] ?? "", reader);
  // Not in the way of the answer.
  setTimeout(() => end("whole"), 0);
  return answer;
}

function readBytes(body: Uint8Array, contentType: string, reader: Reader): void {
  if (contentType.startsWith("application/json")) {
    reader.seeWhole(new TextDecoder().decode(body));
  } else {
    reader.begin(contentType);
    reader.see(body);
  }
}

/** At its reader's pace. */
function readStream(body: ReadableStream<Uint8Array>, reader: Reader, end: End): ReadableStream<Uint8Array> {
  const source = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await source.read();
        if (done) {
          end("whole");
          return controller.close();
        }
        reader.see(value);
        controller.enqueue(value);
      } catch (error) {
        end("broken");
        controller.error(error);
      }
    },
    async cancel(reason) {
      end("left");
      await source.cancel(reason);
    },
  });
}
