import { findModelEndpoint } from "../mint-server/contract/endpoints.ts";
import { errorSchemaOf } from "../mint-server/contract/error-shapes.ts";
import { createStreamProbe, type StreamState } from "../mint-server/contract/sse.ts";
import type { TraceContext } from "../mint-server/contract/trace-context.ts";
import { bodyHeaders, type LocalAnswer, OFFLINE, toResponse } from "./answers.ts";
import type { GateEvent, HandledBy } from "./events.ts";
import type { Target } from "./intercept.ts";
import { type Journal, openJournal } from "./journal.ts";
import { type Again, type Outcome, relay } from "./relay.ts";

/** Where what happens is reported. */
export interface Reporter {
  readonly by: HandledBy;
  readonly emit: (event: GateEvent) => void;
}

/** An answer that the mint-server works on, whoever follows it. */
export interface UnderWay {
  /** Nobody follows it, but somebody may ask the same again, and get it. */
  leave(): void;
  /** Ends it there, unless somebody follows it by now. Never rejects. */
  stop(): Promise<void>;
  /** What names it there. */
  readonly key: string;
  /** Its page has ended it, and may still follow it: it is not to be asked for again. */
  onStopped(): void;
}

/** One caught request. */
export interface Call {
  readonly id: string;
  readonly request: Request;
  readonly target: Target;
  /** Where it stands in a trace; in none unless given. */
  readonly trace?: TraceContext;
  /** Aborted when the caller leaves, in any phase; the pipeline aborts it itself when the answer's reader cancels. */
  readonly abort: AbortController;
  /** The browser's name for who asks, where that is not this page itself. */
  readonly clientId?: string;
  /** The answer's headers are there; from here on its stream tells when the caller leaves. */
  readonly onHeaders?: () => void;
  /** What names its answer at the mint-server; the id unless given. */
  readonly key?: string;
  /** How long it is tried again if it was lost before its answer began; as long as the mint-server holds that unless given. */
  readonly patienceMs?: number;
  /** Called before it is sent, if its answer is one that can be stopped. */
  readonly onUnderWay?: (answer: UnderWay) => void;
  /** The caller has left an answer that goes on at the mint-server. Where absent, it is stopped there. */
  readonly onLeft?: (answer: UnderWay) => void;
  /** It is about to be sent, with a credential of this subject. */
  readonly onSend?: (subject: string) => void;
  /** Each piece of the answer's body, right before it goes to the caller. */
  readonly onChunk?: (bytes: Uint8Array) => void;
  /** Called once, when nothing more will come. */
  readonly onDone?: (outcome: Outcome) => void;
}

/** Answers a request with this body. */
export type AnswerTo = (body: ArrayBuffer | undefined) => Promise<Response | LocalAnswer>;

/**
 * Sees a caught request through: reads its body, has it answered, streams the answer back and reports each step. Failures
 * are responses that SDKs understand; rejects only when the caller has left, with the abort's reason.
 */
export async function follow(reporter: Reporter, call: Call, answerTo: AnswerTo, again?: Again): Promise<Response> {
  const journal = openJournal(reporter, call);
  try {
    // First of all: it may be gone later, and Firefox has no `request.body` to ask.
    const body = await call.request.arrayBuffer();
    const answer = await answerTo(body.byteLength > 0 ? body : undefined);
    call.onHeaders?.();
    return answer instanceof Response
      ? handOn(answer, { call, journal, again })
      : answerHere(answer, reporter, call, journal);
  } catch (error) {
    journal.end(call.abort.signal.aborted ? "cancelled" : "failed");
    throw error;
  }
}

interface HandingOn {
  readonly call: Call;
  readonly journal: Journal;
  readonly again: Again | undefined;
}

function handOn(answer: Response, { call, journal, again }: HandingOn): Response {
  journal.headers(answer);
  const { status, statusText } = answer;
  const init = { status, statusText, headers: bodyHeaders(answer.headers) };
  if (!answer.body) {
    journal.end("complete");
    return new Response(null, init);
  }
  const endpoint = findModelEndpoint(call.target.path)?.endpoint;
  const isEvents = /^text\/event-stream\b/i.test(answer.headers.get("content-type") ?? "");
  const probe = endpoint && isEvents ? createStreamProbe(endpoint.terminal) : undefined;
  const body = relay(answer.body, {
    signal: call.abort.signal,
    again,
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

function answerHere(answer: LocalAnswer, { by, emit }: Reporter, call: Call, journal: Journal): Response {
  if (answer.error.type === OFFLINE.error.type) emit({ type: "offline", by, requestId: call.id });
  journal.end("failed", answer.error);
  return toResponse(answer, errorSchemaOf(call.target.url));
}
