import { HEADER } from "../mint-server/contract/headers.ts";
import type { ProofKey, ReadyProofs } from "./proof.ts";

/** A way to the mint-server that knows its latest nonce. */
export interface Line {
  readonly fetch: typeof fetch;
  readonly proofs: ReadyProofs;
  nonce: string | undefined;
}

/** One request to the mint-server, before its proof. Sending leaves it unchanged, so that it can be sent again. */
export interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: ArrayBuffer | string | undefined;
  readonly proofKey: ProofKey;
  readonly ath: string | undefined;
  /** `include` for the session door, which may know the user by a cookie. */
  readonly cookies: "include" | "same-origin";
  readonly signal: AbortSignal | undefined;
}

/** How long after a request the next one's proof is signed: not in this one's way to the network and back. */
const PREPARE_MS = 30;

/**
 * Sends a request with a proof, and once more if the server wants a newer nonce (RFC 9449 §8): the caller never sees
 * that answer. Rejects as `fetch` does, when the mint-server cannot be reached or the signal fires.
 */
export async function send(line: Line, outgoing: Outgoing): Promise<Response> {
  const first = await sendOnce(line, outgoing);
  if (refusalOf(first) !== "use_dpop_nonce") return first;
  await first.body?.cancel();
  return sendOnce(line, outgoing);
}

/** The OAuth error of a refused request (RFC 6750 §3), from its `WWW-Authenticate`. */
export function refusalOf(response: Response): string | undefined {
  if (response.status !== 401) return undefined;
  return /\berror="([^"]*)"/.exec(response.headers.get("www-authenticate") ?? "")?.[1];
}

async function sendOnce(line: Line, outgoing: Outgoing): Promise<Response> {
  const { url, method, body, proofKey, ath, signal } = outgoing;
  const headers = new Headers(outgoing.headers);
  const subject = { method, url, ath, nonce: line.nonce };
  headers.set(HEADER.dpop, await line.proofs.take(proofKey, subject));
  // Minting has no next time soon.
  if (ath !== undefined) setTimeout(() => line.proofs.prepare(proofKey, { ...subject, nonce: line.nonce }), PREPARE_MS);
  const response = await line.fetch(url, {
    method,
    headers,
    credentials: outgoing.cookies,
    cache: "no-store",
    // Credential and prompt are for this address only.
    redirect: "error",
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  });
  line.nonce = response.headers.get(HEADER.dpopNonce) ?? line.nonce;
  return response;
}
