import type { Remaining } from "../credentials/ledger.ts";
import type { LedgerClient } from "../credentials/ledger-client.ts";
import type { Caller, UsedCredential } from "../credentials/verify.ts";
import { ENDING, type Ending } from "./close-codes.ts";
import type { SessionTime } from "./session-time.ts";

/** What ends a credential's session without anybody saying anything. */
export interface SessionClock {
  /** The session is in use. */
  touch(): void;
  stop(): void;
}

export interface SessionClockParts {
  readonly client: LedgerClient;
  readonly caller: Caller;
  readonly credential: UsedCredential;
  readonly time: SessionTime;
  readonly onEnd: (ending: Ending) => void;
  /** An end that is near; absent where nobody asked to be warned. */
  readonly onWarning?: (warning: { readonly code: string; readonly secondsLeft: number }) => void;
  /** What is left: once it is known, and when that changes other than by time. Absent where nobody asked. */
  readonly onBudget?: (left: BudgetLeft) => void;
  /** Of tokens and money. */
  readonly left?: (() => Remaining | undefined) | undefined;
}

/** What is left of a session. */
export interface BudgetLeft {
  readonly secondsLeft: number;
  readonly usdLeft?: number;
  readonly tokensLeft?: number;
}

/** Every end comes within two seconds of its time; a revocation of another instance's is known after half a second. */
const TICK_MS = 500;
const WARNING_MS = 30_000;

/** Looks at everything that has a time, twice a second. */
export function startClock(parts: SessionClockParts): SessionClock {
  const { client, caller, credential, time, onEnd, onWarning, onBudget } = parts;
  const { jti, issuedAt, expiresAt } = credential;
  const revocable = { jti, issuedAt, subject: caller.subject };
  const idleMs = idleSecondsOf(caller) * 1000;
  const warned = new Set<string>();
  let touchedAt = Date.now();

  const timer = setInterval(() => void tick(Date.now()), TICK_MS);
  const end = (ending: Ending): void => {
    clearInterval(timer);
    onEnd(ending);
  };

  const dueAt = (now: number): Ending | undefined => {
    if (now >= expiresAt * 1000) return ENDING.expired;
    if (now >= time.leasedUntil()) return time.isRefused() ? ENDING.tooLong : ENDING.tryAgain;
    return now >= touchedAt + idleMs ? ENDING.idle : undefined;
  };
  const tick = async (now: number): Promise<void> => {
    time.tick(now);
    const due = dueAt(now);
    if (due) end(due);
    else {
      if (onWarning) warn(now, onWarning);
      if (onBudget) report(now, onBudget);
      if (await client.isRevoked(revocable)) end(ENDING.revoked);
    }
  };

  const warn = (now: number, tell: NonNullable<typeof onWarning>): void => {
    const ends = [
      [ENDING.expired.reason, expiresAt * 1000],
      [ENDING.tooLong.reason, time.endsAt()],
      [ENDING.idle.reason, touchedAt + idleMs],
    ] as const;
    for (const [code, at] of ends) {
      if (at - now > WARNING_MS) warned.delete(code);
      else if (!warned.has(code)) {
        warned.add(code);
        tell({ code, secondsLeft: Math.max(0, Math.ceil((at - now) / 1000)) });
      }
    }
  };

  let reported = "";
  const report = (now: number, tell: NonNullable<typeof onBudget>): void => {
    const endsAt = Math.min(expiresAt * 1000, time.endsAt());
    const { micros, tokens } = parts.left?.() ?? {};
    const what = {
      ...(micros !== undefined && { usdLeft: Math.max(0, micros) / 1e6 }),
      ...(tokens !== undefined && { tokensLeft: Math.max(0, Math.floor(tokens)) }),
    };
    const key = JSON.stringify([Math.round(endsAt / 1000), what]);
    if (key === reported) return;
    reported = key;
    tell({ secondsLeft: Math.max(0, Math.floor((endsAt - now) / 1000)), ...what });
  };
  if (onBudget) report(Date.now(), onBudget);

  return {
    touch() {
      touchedAt = Date.now();
    },
    stop() {
      clearInterval(timer);
      time.stop(Date.now());
    },
  };
}

/** The shorter of the credential's own and its organisation's. */
function idleSecondsOf({ grant, org }: Caller): number {
  return Math.min(
    grant.limits?.realtimeIdleSeconds ?? Number.POSITIVE_INFINITY,
    org?.limits?.realtimeIdleSeconds ?? Number.POSITIVE_INFINITY,
  );
}
