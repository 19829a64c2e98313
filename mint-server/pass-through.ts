import { utf8 } from "./contract/bytes.ts";
import { type ErrorSchema, errorEvent } from "./contract/error-shapes.ts";
import type { Following } from "./following.ts";
import { pumpMetered, stoppable } from "./metering/metered-stream.ts";
import { USAGE_FORMATS } from "./metering/usage.ts";
import type { ModelRequest } from "./model-request.ts";
import type { UpstreamAnswer } from "./providers/upstream.ts";
import { lazy } from "./wire/lazy.ts";
import { createObservation, observe } from "./wire/observe.ts";
import { asObject, parse } from "./wire/read.ts";

/** An answer in the caller's own schema, on its way. */
export interface Passing {
  readonly upstream: UpstreamAnswer;
  readonly request: ModelRequest;
  readonly following: Following | undefined;
  /** Whether the caller proves itself that a stream is complete. */
  readonly callerProves: boolean;
  /** Whether the usage was asked for by us, so that the caller is not to see it. */
  readonly hidesUsage: boolean;
  readonly errors: ErrorSchema;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** The body as the caller gets it: workerd's own stream wherever nothing has to be seen of it. */
export async function passThrough(passing: Passing): Promise<ReadableStream<Uint8Array> | string | null> {
  const { upstream, request, following, callerProves, errors } = passing;
  const { body, isEventStream } = upstream;
  if (!body) {
    following?.settleWhole(undefined);
    return body;
  }
  if (!isEventStream && !request.isArray) return following?.isCounted ? countWhole(passing, body, following) : body;
  // Where an array ends, and so where it can be cut, shows to one who reads all of it.
  if (following && (following.isCounted || !isEventStream)) return countStream(passing, body, following);
  if (following) {
    return callerProves ? carryStoppable(body, passing, following) : observeStoppable(body, passing, following);
  }
  return callerProves || !isEventStream ? body : observe(body, request.endpoint.terminal, errors);
}

/** What is no JSON tells no usage, and goes on as it is. */
async function countWhole(
  { upstream, request }: Passing,
  body: ReadableStream<Uint8Array>,
  following: Following,
): Promise<ReadableStream<Uint8Array> | string> {
  if (!upstream.headers["content-type"]?.startsWith("application/json")) {
    following.settleWhole(undefined);
    return body;
  }
  const format = await USAGE_FORMATS[request.endpoint.schema]();
  const text = await new Response(body).text();
  const answer = asObject(parse(text));
  following.settleWhole(answer && format.whole(answer));
  return text;
}

const nativeStreams = lazy(() => import("./metering/native-stream.ts"));

async function countStream(
  { request, errors, hidesUsage, signal }: Passing,
  body: ReadableStream<Uint8Array>,
  following: Following,
): Promise<ReadableStream<Uint8Array>> {
  const { terminal, schema } = request.endpoint;
  const [format, { meterNativeStream }] = await Promise.all([USAGE_FORMATS[schema](), nativeStreams()]);
  const stream = meterNativeStream({
    ...following.meter,
    format,
    terminal,
    errors,
    hidesUsage,
    isArray: request.isArray,
  });
  following.watch(stream);
  return pumpMetered(body, stream, signal);
}

function observeStoppable(
  body: ReadableStream<Uint8Array>,
  { request, errors, signal }: Passing,
  following: Following,
): ReadableStream<Uint8Array> {
  const stream = stoppable({
    inner: createObservation(request.endpoint.terminal, errors),
    say: (details, status) => errorEvent(details, errors, status),
    isOver: () => false,
    onEnd: following.over,
  });
  following.watch(stream);
  return pumpMetered(body, stream, signal);
}

/** Natively, so that no byte enters JavaScript; only its being stopped is said. */
function carryStoppable(
  body: ReadableStream<Uint8Array>,
  { errors }: Passing,
  following: Following,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const stopped = new AbortController();
  let lastWord = "";
  following.watch({
    stop(details, status) {
      lastWord = errorEvent(details, errors, status);
      stopped.abort();
    },
  });
  const carry = async (): Promise<void> => {
    try {
      await body.pipeTo(writable, { signal: stopped.signal, preventAbort: true });
    } catch (error) {
      const writer = writable.getWriter();
      if (lastWord === "") return writer.abort(error);
      await writer.write(utf8(lastWord));
      await writer.close();
    } finally {
      following.over();
    }
  };
  // The caller has left: nobody is there to be told.
  carry().catch(() => {});
  return readable;
}
