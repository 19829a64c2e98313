import { findModelEndpoint, type ModelEndpoint } from "../mint-server/contract/endpoints.ts";
import { errorSchemaOf } from "../mint-server/contract/error-shapes.ts";
import { CALLER_HEADERS, HEADER } from "../mint-server/contract/headers.ts";
import { createStreamProbe, type StreamState } from "../mint-server/contract/sse.ts";
import { bodyHeaders, type LocalAnswer, localAnswerTo, OFFLINE, toResponse } from "./answers.ts";
import type { Credentials, HeldCredential } from "./credentials.ts";
import type { GateEvent, HandledBy } from "./events.ts";
import type { Target } from "./intercept.ts";
import { type Journal, openJournal } from "./journal.ts";
import { type Outcome, relay } from "./relay.ts";
import { type Line, refusalOf, send } from "./send.ts";

/** What the pipeline needs, in the worker as in a page. */
export interface Gate {
  readonly by: HandledBy;
  readonly line: Line;
  readonly credentials: Credentials;
  readonly emit: (event: GateEvent) => void;
}

/** One caught request. */
export interface Call {
  readonly id: string;
  readonly request: Request;
  readonly target: Target;
  /** Aborted when the caller leaves, in any phase; the pipeline aborts it itself when the answer's reader cancels. */
  readonly abort: AbortController;
  /** The answer's headers are there; from here on its stream tells when the caller leaves. */
  readonly onHeaders?: () => void;
  /** Called once, when nothing more will come. */
  readonly onDone?: (outcome: Outcome) => void;
}

/**
 * Answers a caught request: reads its body, adds the credential, sends it to the mint-server and streams the answer
 * back. Failures are responses that SDKs understand; rejects only when the caller has left, with the abort's reason.
 */
export async function handle(gate: Gate, call: Call): Promise<Response> {
  const journal = openJournal(gate, call);
  try {
    // First of all: it may be gone later, and Firefox has no `request.body` to ask.
    const body = await call.request.arrayBuffer();
    const answer = await attempt(gate, call, body.byteLength > 0 ? body : undefined);
    call.onHeaders?.();
    return answer instanceof Response ? handOn(answer, call, journal) : answerHere(answer, gate, call, journal);
  } catch (error) {
    journal.end(call.abort.signal.aborted ? "cancelled" : "failed");
    throw error;
  }
}

async function attempt(gate: Gate, call: Call, body: ArrayBuffer | undefined): Promise<Response | LocalAnswer> {
  const first = await unlessAborted(gate.credentials.get(), call.abort.signal);
  if (!first.ok) return localAnswerTo(first.failure);
  const answer = await sendWith(first.credential, body, gate, call);
  if (!(answer instanceof Response) || refusalOf(answer) !== "invalid_token") return answer;
  // Expired while the device slept, revoked, or the mint-server has another secret now.
  gate.credentials.drop(first.credential.value);
  await answer.body?.cancel();
  const second = await unlessAborted(gate.credentials.get(), call.abort.signal);
  return second.ok ? sendWith(second.credential, body, gate, call) : localAnswerTo(second.failure);
}

async function sendWith(
  { value, ath, proofKey }: HeldCredential,
  body: ArrayBuffer | undefined,
  { line }: Gate,
  { request, target, abort }: Call,
): Promise<Response | LocalAnswer> {
  const headers = callerHeaders(request.headers);
  headers.set("authorization", `DPoP ${value}`);
  if (endpointOf(target)) headers.set(HEADER.completeness, "caller");
  const { signal } = abort;
  const outgoing = { url: target.url, method: request.method, headers, body, proofKey, ath, signal } as const;
  try {
    return await send(line, { ...outgoing, cookies: "same-origin" });
  } catch (error) {
    if (signal.aborted) throw error;
    return OFFLINE;
  }
}

/** Built from nothing: above all, the key that the page's code holds never leaves the browser. */
function callerHeaders(headers: Headers): Headers {
  const kept = new Headers();
  for (const name of CALLER_HEADERS) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}

function handOn(answer: Response, call: Call, journal: Journal): Response {
  journal.headers(answer);
  const { status, statusText } = answer;
  const init = { status, statusText, headers: bodyHeaders(answer.headers) };
  if (!answer.body) {
    journal.end("complete");
    return new Response(null, init);
  }
  const endpoint = endpointOf(call.target);
  const isEvents = /^text\/event-stream\b/i.test(answer.headers.get("content-type") ?? "");
  const probe = endpoint && isEvents ? createStreamProbe(endpoint.terminal) : undefined;
  const body = relay(answer.body, {
    signal: call.abort.signal,
    chunk(bytes) {
      journal.chunk(bytes);
      probe?.feed(bytes);
    },
    // A stream that reported its own failure is whole: nothing is left to say.
    ...(probe && { isWhole: () => probe.state !== "open", schema: errorSchemaOf(call.target.url) }),
    cancelled: () => call.abort.abort(),
    end: (outcome) => journal.end(probe ? streamOutcome(probe.state, outcome) : outcome),
  });
  return new Response(body, init);
}

/** What the stream said of itself stands: SDKs stop reading at its terminal event, just before the transport's end. */
function streamOutcome(state: StreamState, outcome: Outcome): Outcome {
  if (state === "failed" && outcome === "complete") return "failed";
  return state === "complete" && outcome === "cancelled" ? "complete" : outcome;
}

function answerHere(answer: LocalAnswer, gate: Gate, call: Call, journal: Journal): Response {
  if (answer === OFFLINE) gate.emit({ type: "offline", by: gate.by, requestId: call.id });
  journal.end("failed", answer.error);
  return toResponse(answer, errorSchemaOf(call.target.url));
}

function endpointOf({ path }: Target): ModelEndpoint | undefined {
  return findModelEndpoint(path)?.endpoint;
}

/** A shared promise, given up when the caller leaves; what it stands for goes on for the others. */
function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    signal.addEventListener("abort", give, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
