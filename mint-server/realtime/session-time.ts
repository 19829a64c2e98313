import type { Limits } from "../contract/credential.ts";
import type { Charge } from "../credentials/ledger.ts";
import type { LedgerClient } from "../credentials/ledger-client.ts";
import { periodOf } from "../credentials/ledger-periods.ts";
import type { Caller, UsedCredential } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import { refusal } from "../metering/charges.ts";

/**
 * Time that is leased from a limit of `realtimeSeconds`, slice by slice, and a place among the sessions that may be open at
 * once. Both are reservations in the ledger, so that a crash frees them: the rest of a slice, and the place when its slot is over.
 */
export interface SessionTime {
  /** Takes the first slice and a place. */
  start(now: number): Promise<Result<void>>;
  /** Takes the next ones in time. To be called about every half second. */
  tick(now: number): void;
  /** When what is leased is over, in milliseconds since the epoch. */
  leasedUntil(): number;
  /** When all that the limit leaves is over, as far as the ledger said. */
  endsAt(): number;
  /** Whether the last word was a no, rather than none at all. */
  isRefused(): boolean;
  /** Gives back what is left. */
  stop(now: number): void;
}

/** Milliseconds of one lease. */
const SLICE_MS = 30_000;
/** So long before its end the next one is asked for: a ledger that is slow, or started anew, has time to answer. */
const AHEAD_MS = 10_000;
/** Places are counted anew in each slot: whoever lives on is in the next before it begins. */
const SLOT_MS = 30_000;
const SLOT_AHEAD_MS = 5_000;

export interface SessionTimeParts {
  readonly client: LedgerClient;
  readonly caller: Caller;
  readonly credential: UsedCredential;
}

interface Slice {
  readonly id: string;
  readonly from: number;
  readonly ms: number;
}

const PART = { inputTokens: 0, inputMicros: 0, outputTokens: 0, microsPerOutputToken: 0, isPart: true } as const;

export function createSessionTime({ client, caller, credential }: SessionTimeParts): SessionTime {
  const { jti, issuedAt } = credential;
  const holder = { jti, issuedAt, subject: caller.subject };
  const isTimed = secondsCharges(caller, 0).length > 0;
  const isPlaced = placeCharges(caller, 0).length > 0;
  let slice: Slice | undefined;
  let until = isTimed ? 0 : Number.POSITIVE_INFINITY;
  let ends = Number.POSITIVE_INFINITY;
  let refused = false;
  let isAsking = false;
  let isOver = false;
  // Places by slot: the ids to give them back.
  const places = new Map<number, string>();

  const lease = async (from: number, now: number): Promise<Result<void>> => {
    const id = crypto.randomUUID();
    const charges = secondsCharges(caller, now);
    const verdict = await client.reserve({
      ...PART,
      ...holder,
      id,
      now,
      charges,
      outputTokens: SLICE_MS,
      flexible: true,
    });
    if (!verdict) return fail({ kind: "ledger_unavailable" });
    if (!verdict.ok) {
      refused = true;
      ends = Math.min(ends, until);
      const failure = refusal(verdict, credential);
      return fail(failure.kind === "budget_exceeded" ? { ...failure, limit: "realtimeSeconds" } : failure);
    }
    if (isOver) {
      client.settle({ id, inputTokens: 0, outputTokens: 0, micros: 0 });
      return ok(undefined);
    }
    if (slice) client.settle({ id: slice.id, inputTokens: 0, outputTokens: slice.ms, micros: 0 });
    slice = { id, from, ms: verdict.outputTokens };
    until = from + verdict.outputTokens;
    ends = until + (verdict.remaining.tokens ?? 0);
    return ok(undefined);
  };

  const takePlace = async (slot: number, now: number): Promise<Result<void>> => {
    if (places.has(slot)) return ok(undefined);
    const id = crypto.randomUUID();
    places.set(slot, id);
    const charges = placeCharges(caller, slot);
    const verdict = await client.reserve({ ...PART, ...holder, id, now, charges, inputTokens: 1, flexible: false });
    if (verdict?.ok) return ok(undefined);
    places.delete(slot);
    if (!verdict) return fail({ kind: "ledger_unavailable" });
    if (verdict.reason !== "budget") return fail(refusal(verdict, credential));
    const most = Math.min(...charges.map(({ tokens = 0 }) => tokens));
    return fail({ kind: "too_many_sessions", most, retryAfterSeconds: SLOT_MS / 1000 });
  };

  const stop = (now: number): void => {
    isOver = true;
    if (slice) {
      const used = Math.min(slice.ms, Math.max(0, now - slice.from));
      client.settle({ id: slice.id, inputTokens: 0, outputTokens: Math.ceil(used), micros: 0 });
      slice = undefined;
    }
    for (const id of places.values()) client.settle({ id, inputTokens: 0, outputTokens: 0, micros: 0 });
    places.clear();
  };

  return {
    async start(now) {
      const slots = isPlaced ? [Math.floor(now / SLOT_MS), Math.floor((now + SLOT_AHEAD_MS) / SLOT_MS)] : [];
      const asked = [...new Set(slots)].map((slot) => takePlace(slot, now));
      const all = await Promise.all([...asked, ...(isTimed ? [lease(now, now)] : [])]);
      const failed = all.find((one) => !one.ok);
      if (failed) stop(now);
      return failed ?? ok(undefined);
    },
    tick(now) {
      if (isOver) return;
      if (isPlaced) void takePlace(Math.floor((now + SLOT_AHEAD_MS) / SLOT_MS), now);
      if (!isTimed || isAsking || refused || now < until - AHEAD_MS) return;
      isAsking = true;
      void lease(until, now).finally(() => {
        isAsking = false;
      });
    },
    leasedUntil: () => until,
    endsAt: () => ends,
    isRefused: () => refused,
    stop,
  };
}

interface Owner {
  readonly limits: Limits;
  /** The account's name for a kind of counting that is not that of requests. */
  readonly account: (kind: string) => string;
  readonly per: NonNullable<Limits["per"]>;
}

/** Whose limits count: the credential's own, over itself or its subject, and the organisation's. */
function ownersOf({ grant: { limits }, org, subject, credential }: Caller): readonly Owner[] {
  const per = limits?.per ?? "credential";
  const own = (kind: string) => (per === "credential" ? `jti:${credential?.jti}:${kind}` : `${kind}:sub:${subject}`);
  return [
    ...(limits ? [{ limits, account: own, per }] : []),
    ...(org?.limits
      ? [{ limits: org.limits, account: (kind: string) => `${kind}:org`, per: org.limits.per ?? "day" }]
      : []),
  ];
}

/** Milliseconds of sessions are counted as the tokens of accounts of their own. */
export function secondsCharges(caller: Caller, now: number): readonly Charge[] {
  return ownersOf(caller).flatMap(({ limits: { realtimeSeconds }, account, per }) =>
    realtimeSeconds === undefined
      ? []
      : [{ account: account("realtime"), period: periodOf(per, now), tokens: realtimeSeconds * 1000 }],
  );
}

/** And so are the sessions of a slot. */
function placeCharges(caller: Caller, slot: number): readonly Charge[] {
  return ownersOf(caller).flatMap(({ limits: { realtimeSessions }, account }) =>
    realtimeSessions === undefined
      ? []
      : [{ account: account("live"), period: `slot:${slot}`, tokens: realtimeSessions }],
  );
}
