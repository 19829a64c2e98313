import { fail, ok, type Result } from "../failures.ts";
import { sumOf, type TokenCounts } from "./price.ts";
import type { FinishedResponse } from "./response-usage.ts";
import type { Hold, SessionBudget } from "./session-budget.ts";
import type { CallMeter } from "./sideband-meter.ts";

/**
 * Pays for the responses of a call ahead of them: nobody asks this server before one begins. As long as a call lasts, the
 * worst case of the next response is set aside.
 */
export interface AheadPayments {
  /** Sets the next response aside; the output tokens that were granted for it. */
  prepare(now: number): Promise<Result<number>>;
  /** A response has begun. Fails if it is not paid for. */
  begun(id: string, now: number): Promise<Result<void>>;
  /** It is over. */
  finished(response: FinishedResponse, now: number): void;
  /** Gives back what no response has used. */
  stop(): void;
}

/** So much voice, and so much text, may come between setting aside and the beginning of a response without asking again. */
const AHEAD_MS = 30_000;
const AHEAD_TEXT_TOKENS = 2_000;

interface Prepared {
  readonly hold: Hold;
  readonly input: TokenCounts;
}

export function createAheadPayments(budget: Pick<SessionBudget, "reserve">, meter: CallMeter): AheadPayments {
  const running = new Map<string, Hold>();
  let next: Prepared | undefined;

  const reserve = async (input: TokenCounts, now: number): Promise<Result<Prepared>> => {
    const held = await budget.reserve({ input, outputTokens: undefined, now });
    return held.ok ? ok({ hold: held.value, input }) : held;
  };
  const prepare = async (now: number): Promise<Result<number>> => {
    if (next) return ok(next.hold.outputTokens);
    const bound = meter.inputBound(now + AHEAD_MS);
    const reserved = await reserve({ ...bound, text: bound.text + AHEAD_TEXT_TOKENS }, now);
    if (!reserved.ok) return reserved;
    next = reserved.value;
    return ok(next.hold.outputTokens);
  };

  return {
    prepare,
    async begun(id, now) {
      const bound = meter.inputBound(now);
      const prepared = next;
      next = undefined;
      if (prepared && sumOf(bound) <= sumOf(prepared.input)) {
        running.set(id, prepared.hold);
        return ok(undefined);
      }
      const reserved = await reserve(bound, now);
      prepared?.hold.release();
      if (!reserved.ok) return fail(reserved.failure);
      running.set(id, reserved.value.hold);
      return ok(undefined);
    },
    finished({ id, usage }, now) {
      const hold = running.get(id);
      running.delete(id);
      if (!usage) return;
      hold?.settle(usage);
      meter.rebase(usage, now);
    },
    stop() {
      next?.hold.release();
      next = undefined;
    },
  };
}
