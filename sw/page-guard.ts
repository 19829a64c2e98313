import { findModelEndpoint } from "../mint-server/contract/endpoints.ts";
import { errorSchemaOf } from "../mint-server/contract/error-shapes.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { createStreamProbe } from "../mint-server/contract/sse.ts";
import { createEmitter } from "./emitter.ts";
import type { Target } from "./intercept.ts";
import type { Sending } from "./page-calls.ts";
import { pause } from "./pause.ts";
import { relay } from "./relay.ts";

interface Guarding {
  readonly id: string;
  readonly target: Target;
  readonly signal: AbortSignal | undefined;
  /** Sends the request again, for its answer from a byte on. */
  readonly again: (position: number) => Sending;
}

/**
 * When a request is sent again, in milliseconds after the last time. Not at once: in Firefox the streams of a page that is
 * being reloaded break before the page is gone, and its successor will ask. A browser starts a stopped worker for the first
 * try; but it may be stopping it still.
 */
const TRY_AFTER_MS: readonly number[] = [100, 50, 200, 500, 1_000];

/** A request that took longer than this to fail had reached the worker. */
const REACHED_MS = 50;

const emit = createEmitter();

/**
 * The answer to a request that went through the worker, which the browser may stop at any time. A stream of that worker then
 * breaks, or ends as if it were complete (in Firefox), so its end counts only if its events say the same. The rest is asked
 * for again; the worker that is started for that knows nothing of the first, but the mint-server does.
 */
export async function guard(first: Sending, guarding: Guarding): Promise<Response> {
  const { target, signal } = guarding;
  const terminal = findModelEndpoint(target.path)?.endpoint.terminal;
  if (!terminal) return first.answer;
  let { call } = first;
  const resend = createResend(guarding, (next) => {
    call.settle();
    call = next.call;
  });
  const startedMs = performance.now();
  const answer = await first.answer.catch((error: unknown) => {
    signal?.throwIfAborted();
    const reached = performance.now() - startedMs >= REACHED_MS;
    return resend(0, reached ? TRY_AFTER_MS : [0]).catch(() => Promise.reject(error));
  });
  const { body } = answer;
  if (!body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) return answer;
  const probe = createStreamProbe(terminal);
  const guarded = relay(body, {
    signal,
    schema: errorSchemaOf(target.url),
    chunk: probe.feed,
    isWhole: () => probe.state !== "open",
    cancelled: () => call.cancel(),
    end: () => call.settle(),
    again: (position) => restOf(answer, position, resend),
  });
  // A made response has no URL, so it is given the original's.
  return Object.defineProperty(new Response(guarded, answer), "url", { value: answer.url });
}

type Resend = (position: number, tryAfterMs: readonly number[]) => Promise<Response>;

/** Sends a request until the worker answers; rejects as the last try did. */
function createResend({ id, again, signal }: Guarding, onSent: (sending: Sending) => void): Resend {
  return async (position, tryAfterMs) => {
    const brokeMs = performance.now();
    let failure: unknown;
    for (const delayMs of tryAfterMs) {
      if (delayMs > 0) await pause(delayMs, signal);
      signal?.throwIfAborted();
      try {
        const sending = again(position);
        onSent(sending);
        const answer = await sending.answer;
        const tookMs = performance.now() - brokeMs;
        if (answer.ok) emit({ type: "resume", by: "page", requestId: id, position, tookMs });
        return answer;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

/** What the mint-server still has of an answer; `undefined` unless it says that it begins where the other broke. */
async function restOf(
  answer: Response,
  position: number,
  resend: Resend,
): Promise<ReadableStream<Uint8Array> | undefined> {
  if (!answer.headers.has(HEADER.position)) return undefined;
  const rest = await resend(position, TRY_AFTER_MS).catch(() => undefined);
  if (rest?.ok && rest.headers.get(HEADER.position) === `${position}`) return rest.body ?? undefined;
  await rest?.body?.cancel().catch(() => undefined);
  return undefined;
}
