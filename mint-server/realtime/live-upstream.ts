import { utf8 } from "../contract/bytes.ts";
import { fail, ok, type Result } from "../failures.ts";
import { addressOf } from "../providers/address.ts";
import { asObject, asText, parse } from "../wire/read.ts";
import { accepted } from "./accept.ts";
import { CALL_ID } from "./calls-id.ts";
import { type CallRequest, MAX_ANSWER_BYTES, NO_ADDRESS, post, WIRE } from "./calls-upstream.ts";
import type { LiveOffer } from "./live-form.ts";
import { openUpstream } from "./upstream-socket.ts";

/** A provider's answer to an offer of a Live session. */
export interface PlacedLive {
  readonly sdp: string;
  readonly callId: string;
}

/** Offers a Live session to an endpoint. */
export async function placeLive(request: CallRequest, { sdp, session }: LiveOffer): Promise<Result<PlacedLive>> {
  const payload = utf8(JSON.stringify({ session, transport: { type: "webrtc", sdp } }));
  const type = "application/json";
  const answered = await post(request, { path: "live/sessions", payload, contentType: type, accept: type });
  if (!answered.ok) return answered;
  const text = await answered.value.text().catch(() => "");
  const told = text.length > MAX_ANSWER_BYTES ? undefined : asObject(parse(text));
  const callId = asText(asObject(told?.session)?.id) ?? "";
  const answer = asText(asObject(told?.transport)?.sdp) ?? "";
  if (!CALL_ID.test(callId) || !answer.startsWith("v=0")) return fail({ kind: "upstream_malformed" });
  return ok({ sdp: answer, callId });
}

/** Opens a connection beside a Live session, over which its events can be heard, and it can be closed. */
export async function attachLive({ endpoint, model, callersKey }: CallRequest, id: string): Promise<Result<WebSocket>> {
  const url = addressOf(endpoint, { path: `live/sessions/${id}/attach`, wire: WIRE, model, stream: true });
  return url === undefined ? NO_ADDRESS : openUpstream({ endpoint, url, callersKey });
}

/** Waits before it is tried again, in milliseconds. */
const CLOSE_MS = [0, 250, 1000, 2000];
/** How long a session that was told to close may take to say that it has. */
const GOODBYE_MS = 2000;

/**
 * Ends a Live session that must not go on, over `open` where that is still a connection to it. Its API has no request for
 * that: what ends a session over WebRTC is an event.
 */
export async function untilClosed(request: CallRequest, id: string, open?: WebSocket): Promise<void> {
  if (open && sayClose(open)) return;
  for (const ms of CLOSE_MS) {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    const attached = await attachLive(request, id);
    if (attached.ok && sayClose(accepted(attached.value))) return;
    if (!attached.ok && isGone(attached)) return;
  }
  console.error("mintgate: a Live session could not be ended");
}

/** Whether a provider knows of no such session any more. */
export function isGone(result: Result<unknown>): boolean {
  return !result.ok && result.failure.kind === "upstream_error" && result.failure.status === 404;
}

function sayClose(socket: WebSocket): boolean {
  if (socket.readyState !== WebSocket.OPEN) return false;
  try {
    socket.send(JSON.stringify({ type: "session.close" }));
  } catch {
    return false;
  }
  setTimeout(() => {
    try {
      socket.close(1000, "");
    } catch {
      // It is closed already.
    }
  }, GOODBYE_MS);
  return true;
}
