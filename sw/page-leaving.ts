import { HEADER } from "../mint-server/contract/headers.ts";
import type { UnderWay } from "./follow.ts";
import type { Gate } from "./handle.ts";
import type { Target } from "./intercept.ts";
import { signProof } from "./proof.ts";
import { plainStop, type Stoppable, tryToStop } from "./stop.ts";

/** Before which the mint-server's nonce in a proof grows too old; it takes one for at least 30 seconds. */
const RENEW_MS = 20_000;

/**
 * Stops an answer when its page goes: nothing else tells the mint-server that nobody will come back for it. A page that is
 * going has no time to sign, so the stop lies ready. Returns what is to be called when the answer has ended.
 */
export function stopWithPage(gate: Gate, target: Target, { key, onStopped }: UnderWay): () => void {
  let stop: (() => void) | undefined;
  const prepare = async () => {
    stop = await prepareStop(gate, { target, key });
  };
  const ignore = () => undefined;
  // Not in the request's own way to the network, but before it can have come to a provider.
  const first = setTimeout(() => prepare().catch(ignore));
  // The mint-server tells its nonce with each answer, also to who stops what is not there.
  const refresh = () => tryToStop(gate, { target, key: crypto.randomUUID() });
  const renewing = setInterval(() => refresh().then(prepare).catch(ignore), RENEW_MS);
  const onHide = () => {
    if (!stop) return;
    onStopped();
    stop();
  };
  addEventListener("pagehide", onHide);
  return () => {
    clearTimeout(first);
    clearInterval(renewing);
    removeEventListener("pagehide", onHide);
  };
}

/** Signs a stop; calling what it gives sends it, even from a page that is being closed. */
async function prepareStop({ credentials, line }: Gate, answer: Stoppable): Promise<(() => void) | undefined> {
  const got = await credentials.get();
  if (!got.ok) return undefined;
  const { ath, proofKey } = got.credential;
  const { url, method, headers, body } = plainStop(answer, got.credential);
  headers.set(HEADER.dpop, await signProof(proofKey, { url, method, ath, nonce: line.nonce }));
  const init = { method, headers, body, keepalive: true, credentials: "same-origin", redirect: "error" } as const;
  return () => void line.fetch(url, init).catch(() => undefined);
}
