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
 * How often a proof that was refused for so is replaced. Nonces change (RFC 9449 §8). And Chromium sends a request again by
 * itself, just as it was, when it finds a kept connection closed: its proof was seen before then.
 */
const REPLACED: Readonly<Record<string, number>> = { use_dpop_nonce: 1, invalid_dpop_proof: 3 };

/**
 * Sends a request with a proof, and again if the server wants another proof: the caller never sees that answer. Rejects as
 * `fetch` does, when the mint-server cannot be reached or the signal fires.
 */
export async function send(line: Line, outgoing: Outgoing): Promise<Response> {
  const left = { ...REPLACED };
  for (;;) {
    const response = await sendOnce(line, outgoing);
    const refusal = refusalOf(response) ?? "";
    const times = left[refusal] ?? 0;
    if (times === 0) return response;
    left[refusal] = times - 1;
    await response.body?.cancel();
  }
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
    // Browsers keep no answer to a POST, and would add `Cache-Control: no-cache`, which is an order to the edge's cache.
    cache: method === "POST" ? "default" : "no-store",
    // Credential and prompt are for this address only.
    redirect: "error",
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  });
  line.nonce = response.headers.get(HEADER.dpopNonce) ?? line.nonce;
  return response;
}
