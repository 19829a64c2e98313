import { utf8 } from "./contract/bytes.ts";
import { type ErrorSchema, errorEvent } from "./contract/error-shapes.ts";
import { fail, ok, type Result } from "./failures.ts";
import type { Following } from "./following.ts";
import type { ErrorWays } from "./malformed.ts";
import { createArrayObservation } from "./metering/array-stream.ts";
import { meteredPassage, stoppable } from "./metering/metered-stream.ts";
import { USAGE_FORMATS } from "./metering/usage.ts";
import type { ModelRequest } from "./model-request.ts";
import type { UpstreamAnswer } from "./providers/upstream.ts";
import type { NameReader } from "./responses/keep-answers.ts";
import { timedBytes } from "./timed-bytes.ts";
import { readBeginning, readWhole } from "./whole-answer.ts";
import { lazy } from "./wire/lazy.ts";
import { createObservation } from "./wire/observe.ts";
import type { Passage } from "./wire/pump.ts";
import { asObject } from "./wire/read.ts";

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
  readonly ways: ErrorWays;
  /** Reads what the answer may be named by; absent where nothing needs it, and then the answer need not be read. */
  readonly names: NameReader | undefined;
}

type Body = ReadableStream<Uint8Array> | Passage | Uint8Array<ArrayBuffer> | string | null;

/** The body as the caller gets it: workerd's own stream wherever nothing has to be seen of it. Fails where it is no answer. */
export async function passThrough(passing: Passing): Promise<Result<Body>> {
  const { upstream, request } = passing;
  const { body, isEventStream, headers } = upstream;
  if (body && !isEventStream && !request.isArray && isJson(headers)) return passWhole(passing, body);
  if (isEventStream && request.isArray) return fail({ kind: "upstream_malformed" });
  return ok(await passed(passing));
}

async function passed(passing: Passing): Promise<Body> {
  const { upstream, request, following, names } = passing;
  const isUnread = passing.callerProves && !upstream.deadlines.isStrict && !names;
  const { body, isEventStream, deadlines } = upstream;
  if (!body) {
    following?.settleWhole(undefined);
    return body;
  }
  if (!isEventStream && !request.isArray) {
    following?.settleWhole(undefined);
    return deadlines.isStrict ? timedBytes(body, deadlines) : body;
  }
  // Where an array ends, and so where it can be cut, shows to one who reads all of it.
  if (following && (following.isCounted || !isEventStream)) return countStream(passing, body, following);
  if (following) return isUnread ? carryStoppable(body, passing, following) : observeStoppable(body, passing);
  if (!isEventStream) return observeArray(body, passing);
  return isUnread ? body : observeStoppable(body, passing);
}

function isJson(headers: UpstreamAnswer["headers"]): boolean {
  return headers["content-type"]?.toLowerCase().startsWith("application/json") ?? false;
}

/** Providers fail inside a 200, too. What is longer than their errors goes on natively, unless it is counted. */
async function passWhole(
  { upstream, request, following, ways, names }: Passing,
  body: ReadableStream<Uint8Array>,
): Promise<Result<Body>> {
  const isRead = following?.isCounted || upstream.deadlines.isStrict || upstream.isShort || names;
  const read = isRead ? await upstream.text() : await readBeginning(body);
  if (read instanceof ReadableStream) return ok(read);
  const text = typeof read === "string" ? read : new TextDecoder().decode(read);
  const answer = readWhole(text, request, ways);
  if (!answer.ok) return answer;
  names?.whole(answer.value);
  if (following?.isCounted) {
    const format = await USAGE_FORMATS[request.endpoint.schema]();
    const told = asObject(answer.value);
    following.settleWhole(told && format.whole(told));
  }
  return ok(read);
}

function observeArray(body: ReadableStream<Uint8Array>, { upstream, request, signal }: Passing): Passage {
  const inner = createArrayObservation(request.endpoint.terminal);
  const stream = stoppable({ inner, say: inner.error, isOver: inner.isOver, onEnd() {} });
  return meteredPassage({ ...upstream, body, stream, signal });
}

const nativeStreams = lazy(() => import("./metering/native-stream.ts"));

async function countStream(
  { upstream, request, errors, hidesUsage, signal, names }: Passing,
  body: ReadableStream<Uint8Array>,
  following: Following,
): Promise<Passage> {
  const { terminal, schema } = request.endpoint;
  const [format, { meterNativeStream }] = await Promise.all([USAGE_FORMATS[schema](), nativeStreams()]);
  const stream = meterNativeStream({
    ...following.meter,
    format,
    terminal,
    errors,
    hidesUsage,
    isArray: request.isArray,
    hear: names?.hear,
  });
  following.watch(stream);
  return meteredPassage({ ...upstream, body, stream, signal });
}

function observeStoppable(
  body: ReadableStream<Uint8Array>,
  { upstream, request, following, errors, signal, names }: Passing,
): Passage {
  const inner = createObservation(request.endpoint.terminal, errors, names?.hear);
  const stream = stoppable({
    inner,
    say: (details, status) => errorEvent(details, errors, status),
    isOver: inner.isOver,
    onEnd: () => following?.over(),
  });
  following?.watch(stream);
  return meteredPassage({ ...upstream, body, stream, signal });
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
