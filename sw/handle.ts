import { findModelEndpoint } from "../mint-server/contract/endpoints.ts";
import { CALLER_HEADERS, HEADER } from "../mint-server/contract/headers.ts";
import { type LocalAnswer, localAnswerTo, OFFLINE } from "./answers.ts";
import type { Credentials, HeldCredential } from "./credentials.ts";
import { type Call, follow, type Reporter } from "./follow.ts";
import { type Line, refusalOf, send } from "./send.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** What the pipeline needs, in the worker as in a page. */
export interface Gate extends Reporter {
  readonly line: Line;
  readonly credentials: Credentials;
  /** Answers what needs no mint-server, and asks `next` for all else. */
  readonly local?: LocalHandler | undefined;
}

export type LocalHandler = (
  call: Call,
  body: ArrayBuffer | undefined,
  next: () => Promise<Response | LocalAnswer>,
) => Promise<Response | LocalAnswer>;

/**
 * Answers a caught request: adds the credential, sends it to the mint-server and streams the answer back. Rejects only when
 * the caller has left, with the abort's reason.
 */
export async function handle(gate: Gate, call: Call): Promise<Response> {
  return follow(gate, call, (body) => {
    const next = () => attempt(gate, call, body);
    return gate.local ? unlessAborted(gate.local(call, body, next), call.abort.signal) : next();
  });
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
  if (findModelEndpoint(target.path)) headers.set(HEADER.completeness, "caller");
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
