import type { ErrorSchema } from "../mint-server/contract/error-shapes.ts";
import type { Followed } from "./page-calls.ts";
import { relay } from "./relay.ts";

/** How long a worker may take to say whether it finished a stream that has ended. */
const VERDICT_MS = 5_000;

interface Guarding {
  readonly signal: AbortSignal | undefined;
  readonly schema: ErrorSchema;
}

/**
 * The same answer, but the end of its stream is not taken for its completion: the worker has to say so. Otherwise the
 * stream ends in an error event.
 */
export function guard(answer: Response, call: Followed, { signal, schema }: Guarding): Response {
  if (!answer.body) return answer;
  const body = relay(answer.body, {
    signal,
    schema,
    isWhole() {
      call.ping();
      setTimeout(call.settle, VERDICT_MS, false);
      return call.finished;
    },
    cancelled: () => undefined,
    end: () => undefined,
  });
  // A made response has no URL, so it is given the original's.
  return Object.defineProperty(new Response(body, answer), "url", { value: answer.url });
}
