import { HEADER } from "../contract/headers.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import { addressOf } from "../providers/address.ts";
import type { Endpoint } from "../providers/provider.ts";
import { plainAuthority, upstreamHeaders } from "../providers/upstream-headers.ts";
import { callIdIn } from "./calls-id.ts";
import type { Fields } from "./events.ts";
import { openUpstream, refusal } from "./upstream-socket.ts";

export const WIRE = "openai";
const SECONDS = 20;
export const MAX_ANSWER_BYTES = 256 * 1024;

/** One request to an endpoint about calls. */
export interface CallRequest {
  readonly endpoint: Endpoint;
  readonly model: string;
  /** True if the key is the caller's own, so that a refusal is theirs to hear. */
  readonly callersKey: boolean;
}

/** A provider's answer to an offer. */
export interface PlacedCall {
  readonly sdp: string;
  readonly callId: string;
}

/** Offers a call to an endpoint. The session goes along in the form that OpenAI's API takes it in. */
export async function placeCall(
  request: CallRequest,
  { sdp, session }: { readonly sdp: string; readonly session: Fields },
): Promise<Result<PlacedCall>> {
  const form = new FormData();
  form.set("sdp", sdp);
  form.set("session", JSON.stringify(session));
  const encoded = new Response(form);
  const contentType = encoded.headers.get("content-type") ?? "multipart/form-data";
  const payload = new Uint8Array(await encoded.arrayBuffer());
  const answered = await post(request, { path: "realtime/calls", payload, contentType, accept: "application/sdp" });
  if (!answered.ok) return answered;
  const response = answered.value;
  const callId = callIdIn(response.headers.get("location") ?? undefined);
  const answer = await response.text().catch(() => "");
  if (callId === undefined || !answer.startsWith("v=0") || answer.length > MAX_ANSWER_BYTES)
    return fail({ kind: "upstream_malformed" });
  return ok({ sdp: answer, callId });
}

/** Ends a call. One that is over already is no failure. */
export async function hangUp(request: CallRequest, callId: string): Promise<Result<void>> {
  const path = `realtime/calls/${callId}/hangup`;
  const answered = await post(request, {
    path,
    payload: new Uint8Array(0),
    contentType: "application/json",
    accept: "*/*",
  });
  if (answered.ok) {
    await answered.value.body?.cancel();
    return ok(undefined);
  }
  const isOver = answered.failure.kind === "upstream_error" && answered.failure.status === 404;
  return isOver ? ok(undefined) : answered;
}

/** Waits before it is tried again, in milliseconds. */
const HANG_UP_MS = [0, 250, 1000, 2000];

/** Ends a call that must not go on: what fails is tried again. */
export async function untilHungUp(request: CallRequest, callId: string): Promise<void> {
  for (const ms of HANG_UP_MS) {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    if ((await hangUp(request, callId)).ok) return;
  }
  console.error("mintgate: a call could not be ended");
}

/** Opens a connection beside a call, over which its events can be heard and its session be changed. */
export async function openSideband(
  { endpoint, model, callersKey }: CallRequest,
  callId: string,
): Promise<Result<WebSocket>> {
  const url = addressOf(endpoint, { path: "realtime", wire: WIRE, model, stream: true });
  if (url === undefined) return NO_ADDRESS;
  return openUpstream({ endpoint, url: `${url}?call_id=${encodeURIComponent(callId)}`, callersKey });
}

interface Post {
  readonly path: string;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly accept: string;
}

/** Posts to an endpoint about calls. The answer is a good one. */
export async function post({ endpoint, model, callersKey }: CallRequest, sent: Post): Promise<Result<Response>> {
  const { path, payload, contentType, accept } = sent;
  const url = addressOf(endpoint, { path, wire: WIRE, model, stream: false });
  if (url === undefined) return NO_ADDRESS;
  const authority = endpoint.authority
    ? await endpoint.authority.headers({ url, payload })
    : ok(plainAuthority({ endpoint, wire: WIRE }));
  if (!authority.ok) return authority;
  const deadline = AbortSignal.timeout(SECONDS * 1000);
  try {
    const headers = upstreamHeaders({ endpoint, wire: WIRE, contentType, accept }, authority.value);
    const response = await fetch(url, { method: "POST", headers, body: payload, redirect: "manual", signal: deadline });
    if (response.status === 401) endpoint.authority?.refused(authority.value);
    if (response.ok) return ok(response);
    if (response.status < 400) return fail({ kind: "upstream_malformed" });
    return await refusal(response, { endpoint, callersKey });
  } catch {
    return fail(deadline.aborted ? TOO_SLOW : { kind: "upstream_unreachable" });
  }
}

export const NO_ADDRESS = fail({
  kind: "bad_field",
  param: "model",
  detail: "`model` holds characters that this provider's model names cannot have.",
});
const TOO_SLOW: Failure = { kind: "upstream_timeout", phase: "first byte", seconds: SECONDS };

/** The headers that name one endpoint, as a caller would. */
export function namingEndpoint(name: string): Headers {
  return new Headers({ [HEADER.endpointName]: name });
}
