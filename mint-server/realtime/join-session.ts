import type { SessionAccount } from "../telemetry/record.ts";
import type { Asked } from "./asked-session.ts";
import { type Frame, joinSockets, type Link } from "./link.ts";
import type { Opened, Wanted } from "./open-session.ts";
import { endWith, readSession } from "./session.ts";
import { type BudgetLeft, startClock } from "./session-clock.ts";
import { followSession, usageListener } from "./session-end.ts";

/** A session and its client, before they are joined. */
export interface Joining {
  readonly opened: Opened;
  /** Accepted. */
  readonly client: WebSocket;
  /** The client's frames so far. */
  readonly waiting?: readonly Frame[];
  /** To be told of the session's end, where somebody watches. */
  readonly over: ((account: SessionAccount) => void) | undefined;
}

/** What stops a response that the client does not take. */
const CANCEL = JSON.stringify({ type: "response.cancel" });

/** Joins the two sides of a session, and starts what ends it. Frames are read where something is locked, limited or translated. */
export function joinSession(wanted: Wanted, asked: Asked, { opened, client, waiting = [], over }: Joining): void {
  const { sessionType, watch } = wanted;
  const { upstream, dialect, meter, leash, payments } = opened;
  const { isBeta } = asked.handshake;
  const isRead = leash !== undefined || isBeta || dialect !== undefined;
  const onActivity = (): void => clock?.touch();
  const reader = readSession({ sessionType, isBeta, dialect, leash, meter, payments, onActivity });
  const ended = followSession({ wanted, opened, isRead, over });
  let clock: ReturnType<typeof startClock> | undefined;
  const link = joinSockets({
    client,
    upstream,
    ...(isRead ? { reader } : watch && { onHeard: usageListener(opened) }),
    waiting,
    cancel: CANCEL,
    onEnd(ending, by) {
      clock?.stop();
      ended(ending, by);
    },
  });
  clock = clockOf(wanted, asked, opened, link);
}

/** A credential's session has its time. */
function clockOf({ services, caller }: Wanted, { warns }: Asked, { time, left }: Opened, link: Link) {
  const { credential } = caller;
  if (!credential || !time) return undefined;
  const tell = (event: object): void => link.toClient(JSON.stringify(event));
  const warnings = {
    onWarning: ({ code, secondsLeft }: { readonly code: string; readonly secondsLeft: number }): void =>
      tell({ type: "mintgate.warning", code, seconds_left: secondsLeft }),
    onBudget: ({ secondsLeft, usdLeft, tokensLeft }: BudgetLeft): void =>
      tell({ type: "mintgate.budget", seconds_left: secondsLeft, usd_left: usdLeft, tokens_left: tokensLeft }),
    left,
  };
  return startClock({
    client: services.ledgerOf(caller.ledger),
    caller,
    credential,
    time,
    onEnd: (ending) => endWith(link, ending),
    ...(warns && warnings),
  });
}
