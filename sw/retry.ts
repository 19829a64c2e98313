import { HEADER } from "../mint-server/contract/headers.ts";
import { type LocalAnswer, OFFLINE } from "./answers.ts";
import { pause } from "./pause.ts";

/** The connection broke, or could not be made, before an answer. */
export const CUT: unique symbol = Symbol("cut");

export type Sent = Response | LocalAnswer | typeof CUT;

const MAX_PAUSE_MS = 2_000;

interface Retrying {
  readonly send: () => Promise<Sent>;
  /** How long to go on trying. */
  readonly forMs: number;
  /** How often to try, however long that takes. */
  readonly atLeast: number;
  readonly isLater: (sent: Sent) => boolean;
  readonly signal: AbortSignal;
}

/** Tries at once, and then with growing pauses; gives the last try's result. Rejects when the signal fires. */
export async function retry({ send, forMs, atLeast, isLater, signal }: Retrying): Promise<Sent> {
  const startedMs = performance.now();
  for (let tries = 1, pauseMs = 50; ; tries++, pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    const sent = await send();
    const isLast = tries >= atLeast && performance.now() - startedMs + pauseMs > forMs;
    if (isLast || !isLater(sent)) return sent;
    await discard(sent);
    // Many pages lose the same connection at once.
    await pause(pauseMs * (0.5 + Math.random() / 2), signal);
  }
}

/** Nothing came from the mint-server itself, which tells each caller its nonce; something in between may have spoken. */
export function isCut(sent: Sent): boolean {
  if (!(sent instanceof Response)) return sent === CUT || sent === OFFLINE;
  return [502, 503, 504].includes(sent.status) && !sent.headers.has(HEADER.dpopNonce);
}

/** For an answer that had begun: whatever says nothing about the answer itself. */
export function isPassing(sent: Sent): boolean {
  return isCut(sent) || (sent instanceof Response && (sent.status === 429 || sent.status >= 500));
}

/** Lets go of what nobody will read. */
export async function discard(sent: Sent | undefined): Promise<void> {
  if (sent instanceof Response) await sent.body?.cancel().catch(() => undefined);
}
