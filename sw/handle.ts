import { findModelEndpoint } from "../mint-server/contract/endpoints.ts";
import { CALLER_HEADERS, HEADER } from "../mint-server/contract/headers.ts";
import { type LocalAnswer, localAnswerTo } from "./answers.ts";
import type { BrowserCache } from "./cache.ts";
import type { Credentials, HeldCredential } from "./credentials.ts";
import { type Call, follow, type Reporter } from "./follow.ts";
import type { Outbox } from "./outbox.ts";
import { HOLD_MS, type Marks, openLifeline, positionOf } from "./resume.ts";
import { CUT, isCut, type Sent } from "./retry.ts";
import { type Line, refusalOf, send } from "./send.ts";
import { markTrace, traceOf } from "./timing.ts";
import type { UnfinishedCalls } from "./unfinished.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** What the pipeline needs, in the worker as in a page. */
export interface Gate extends Reporter {
  readonly line: Line;
  readonly credentials: Credentials;
  /** Where absent, nothing is kept. */
  readonly cache?: BrowserCache | undefined;
  /** Answers what needs no mint-server, and asks `next` for all else. */
  readonly local?: LocalHandler | undefined;
  /** Where absent, no one gets the rest of another's answer. */
  readonly unfinished?: UnfinishedCalls | undefined;
  /** Where absent, nothing waits for the mint-server. */
  readonly outbox?: Outbox | undefined;
  /** Breaks the connections of all that is under way. */
  readonly interrupt?: () => void;
}

export type LocalHandler = (
  call: Call,
  body: ArrayBuffer | undefined,
  next: () => Promise<Response | LocalAnswer>,
) => Promise<Response | LocalAnswer>;

/**
 * Answers a caught request from what the browser keeps; else adds the credential, sends it to the mint-server and streams
 * the answer back. Rejects only when the caller has left, with the abort's reason.
 */
export async function handle(gate: Gate, caught: Call): Promise<Response> {
  const given = { ...caught, trace: traceOf(caught.request.headers) };
  const { outbox } = gate;
  const accepted = outbox?.accept(given);
  const call = accepted?.call ?? given;
  // The rest of an answer is no answer to be kept.
  const visit = positionOf(call) > 0 ? undefined : gate.cache?.visit(call);
  const seen = visit?.call ?? call;
  const line = openLifeline(gate, seen);
  const answerTo = (body: ArrayBuffer | undefined) => {
    const ask = async () => {
      const answer = await line.first(body, (marks) => attempt(gate, seen, { body, marks }));
      if (answer instanceof Response && !isCut(answer)) outbox?.reached();
      return answer;
    };
    const next = async () => {
      const answer = await (visit ? visit.answer(body, ask) : ask());
      return accepted ? accepted.settle(answer, body) : answer;
    };
    return gate.local ? unlessAborted(gate.local(call, body, next), call.abort.signal) : next();
  };
  return follow(gate, line.call, answerTo, line.again);
}

interface Load {
  readonly body: ArrayBuffer | undefined;
  readonly marks: (() => Promise<Marks>) | undefined;
}

async function attempt(gate: Gate, call: Call, load: Load): Promise<Sent> {
  const first = await unlessAborted(gate.credentials.get(), call.abort.signal);
  if (!first.ok) return localAnswerTo(first.failure);
  const answer = await sendWith(first.credential, load, gate, call);
  if (!(answer instanceof Response) || refusalOf(answer) !== "invalid_token") return answer;
  // Expired while the device slept, revoked, or the mint-server has another secret now.
  gate.credentials.drop(first.credential.value);
  await answer.body?.cancel();
  const second = await unlessAborted(gate.credentials.get(), call.abort.signal);
  if (!second.ok) return localAnswerTo(second.failure);
  const last = await sendWith(second.credential, load, gate, call);
  // A session that is refused with a new credential, too, is over, and so is the right to its answers.
  if (last instanceof Response && refusalOf(last) === "invalid_token") gate.cache?.shred("slot").catch(() => undefined);
  return last;
}

async function sendWith(
  { value, subject, ath, proofKey }: HeldCredential,
  { body, marks }: Load,
  { line }: Gate,
  { request, target, abort, onSend, trace }: Call,
): Promise<Sent> {
  onSend?.(subject);
  const headers = callerHeaders(request.headers);
  headers.set("authorization", `DPoP ${value}`);
  if (trace) markTrace(headers, trace);
  if (findModelEndpoint(target.path)) headers.set(HEADER.completeness, "caller");
  if (marks) mark(headers, await marks());
  const { signal } = abort;
  const outgoing = { url: target.url, method: request.method, headers, body, proofKey, ath, signal } as const;
  try {
    return await send(line, { ...outgoing, cookies: "same-origin" });
  } catch (error) {
    if (signal.aborted) throw error;
    return CUT;
  }
}

/** Lets the mint-server know the request when it comes again, and go on with its answer until then. */
function mark(headers: Headers, { key, position }: Marks): void {
  headers.set(HEADER.idempotencyKey, key);
  headers.set(HEADER.hold, `${HOLD_MS / 1000}`);
  if (position > 0) headers.set(HEADER.position, `${position}`);
}

/** Built from nothing: above all, the key that the page's code holds never leaves the browser. */
export function callerHeaders(headers: Headers): Headers {
  const kept = new Headers();
  for (const name of CALLER_HEADERS) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}
