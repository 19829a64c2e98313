/** One account that a request counts on. Its limits come from the signed grant or from configuration, never from storage. */
export interface Charge {
  /** `jti:<jti>`, `sub:<subject>` or `org`. */
  readonly account: string;
  /** As {@link periodOf} makes it: `all`, or such as `day:2026-11-22`. */
  readonly period: string;
  readonly requests?: number;
  readonly tokens?: number;
  /** Whole micro-dollars. */
  readonly micros?: number;
  /** Counted over all periods of the account. */
  readonly requestsPerMinute?: number;
}

/** What a request may cost at worst. Tokens and micro-dollars are whole. */
export interface Reservation {
  /** Unique for ever: of a bound credential `<jkt>.<jti of the proof>`, so that the row is the replay record, too; else a new UUID. */
  readonly id: string;
  readonly jti: string;
  readonly subject: string;
  /** When the credential was issued, in seconds since the epoch. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where there are none, nothing is set aside nor to be settled, and the row is the replay record alone. */
  readonly charges: readonly Charge[];
  readonly inputTokens: number;
  readonly inputMicros: number;
  readonly outputTokens: number;
  /** May be fractional. */
  readonly microsPerOutputToken: number;
  /** Part of a request that is counted already: it adds none to its accounts, nor to their rate. */
  readonly isPart?: true;
  /** Grant fewer output tokens where `outputTokens` do not fit, down to {@link MIN_OUTPUT_TOKENS}. */
  readonly flexible: boolean;
}

/** Fewest output tokens that are worth a call. */
export const MIN_OUTPUT_TOKENS = 16;

/** What is left on the tightest account, each only where it is limited. */
export interface Remaining {
  readonly requests?: number;
  readonly tokens?: number;
  readonly micros?: number;
  readonly minute?: MinuteRemaining;
}

export interface MinuteRemaining {
  readonly limit: number;
  readonly remaining: number;
  /** Until all of `limit` is free again. */
  readonly resetSeconds: number;
}

export type Verdict =
  | { readonly ok: true; readonly outputTokens: number; readonly remaining: Remaining }
  | { readonly ok: false; readonly reason: "revoked" | "replayed" }
  | {
      readonly ok: false;
      readonly reason: "rate";
      readonly retryAfterSeconds: number;
      readonly remaining: Remaining;
    }
  | {
      readonly ok: false;
      readonly reason: "budget";
      readonly limit: "requests" | "tokens" | "usd";
      /** Seconds since the epoch; absent where it never does. */
      readonly resetsAtSeconds?: number;
      readonly remaining: Remaining;
    };

/** What a request did cost. Settling twice changes nothing; what exceeds the hold is charged as it is. */
export interface Settlement {
  readonly id: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly micros: number;
}

export type RevocationTarget =
  | { readonly kind: "jti"; readonly jti: string }
  | { readonly kind: "subject"; readonly subject: string }
  | { readonly kind: "org" };

export interface Revocation {
  readonly target: RevocationTarget;
  /** Of a subject or an organisation: credentials issued up to then, in seconds since the epoch. */
  readonly before: number;
}

export interface Revocations {
  readonly version: number;
  readonly revocations: readonly Revocation[];
}

/** Verdicts in the order of the reservations, and the revocations since the version that was named. */
export interface ReserveAnswer extends Revocations {
  readonly verdicts: readonly Verdict[];
}

export interface Usage {
  readonly requests: number;
  readonly tokens: number;
  readonly micros: number;
}

/**
 * What must be remembered exactly, across instances and restarts: one ledger for each organisation. Every method is one
 * synchronous step, durable before it is answered.
 */
export interface Ledger {
  /**
   * Pins the first key seen in a session. True if `jkt` is the pinned one.
   *
   * @param session name of the session, unguessable from outside
   * @param expiresAt when the pin may be forgotten, in milliseconds since the epoch
   */
  pinSessionKey(session: string, jkt: string, expiresAt: number): Promise<boolean>;
  /**
   * Settles, then reserves.
   *
   * @param since version of the revocations that the caller knows; 0 for none
   * @throws {RangeError} if a number is not one that can be counted; nothing has changed then
   */
  reserve(
    reservations: readonly Reservation[],
    settlements: readonly Settlement[],
    since: number,
  ): Promise<ReserveAnswer>;
  /** @param now milliseconds since the epoch */
  revoke(target: RevocationTarget, now: number): Promise<void>;
  /** Revocations after a version, and the version of now. */
  revocations(since: number): Promise<Revocations>;
  /** Counts an entry in a bucket; false if it is full. */
  enter(bucket: string, perMinute: number, now: number): Promise<boolean>;
  /** What an account has used in a period, reserved included. */
  usage(account: string, period: string): Promise<Usage>;
}

/** The part of a Durable Object namespace that is needed, so that no platform type leaks further. */
export interface LedgerNamespace<Kind extends Ledger = Ledger> {
  getByName(name: string): Kind;
}
