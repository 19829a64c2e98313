import * as v from "valibot";
import type { Limits } from "../contract/credential.ts";

const whole = (least: number) =>
  v.pipe(
    v.number("must be a number"),
    v.safeInteger("must be a whole number"),
    v.minValue(least, `must be at least ${least}`),
  );

/** Dollars that are still exact as whole micro-dollars. */
const MAX_USD = 1e9;
const dollars = v.pipe(
  v.number("must be a number"),
  v.minValue(0, "must be at least 0"),
  v.maxValue(MAX_USD, `must be at most ${MAX_USD}`),
);

/** What a configuration or a credential request says of limits. Nothing left to count is a limit, too: 0 lets nothing through. */
export const limitsForm = v.pipe(
  v.strictObject(
    {
      requests: v.exactOptional(whole(0)),
      tokens: v.exactOptional(whole(0)),
      usd: v.exactOptional(dollars),
      realtimeSeconds: v.exactOptional(whole(0)),
      realtimeIdleSeconds: v.exactOptional(whole(1)),
      realtimeSessions: v.exactOptional(whole(0)),
      requestsPerMinute: v.exactOptional(whole(1)),
      maxTokensPerRequest: v.exactOptional(whole(1)),
      per: v.exactOptional(
        v.picklist(
          ["credential", "hour", "day", "month", "total"] satisfies Limits["per"][],
          "must be credential, hour, day, month or total",
        ),
      ),
    },
    "must be an object",
  ),
  v.check((limits) => Object.keys(limits).some((name) => name !== "per"), "must hold a limit"),
);
