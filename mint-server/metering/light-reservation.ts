import type { Remaining } from "../credentials/ledger.ts";
import type { LedgerClient } from "../credentials/ledger-client.ts";
import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import { chargesOf, refusal } from "./charges.ts";

/** The period of what is counted by the minute alone; the ledger forgets it like any hour. */
const PERIOD = "hour:light";

/**
 * Takes note of a limited caller's request that costs nothing, since its answer is there already: it counts by the minute,
 * uses up its proof, and is refused to whom is revoked.
 *
 * @param now milliseconds since the epoch
 */
export async function reserveLight(
  client: LedgerClient,
  caller: Caller,
  now: number,
): Promise<Result<Remaining | undefined>> {
  const { credential, subject } = caller;
  if (!credential) return ok(undefined);
  const { jti, issuedAt, proofId } = credential;
  const charges = chargesOf(caller, now).flatMap(({ account, requestsPerMinute }) =>
    requestsPerMinute === undefined ? [] : [{ account, period: PERIOD, requestsPerMinute }],
  );
  const id = proofId ?? crypto.randomUUID();
  const verdict = await client.reserve({ id, jti, subject, issuedAt, now, charges, ...NOTHING });
  if (!verdict) return fail({ kind: "ledger_unavailable" });
  if (!verdict.ok) return fail(refusal(verdict, credential));
  if (charges.length > 0) client.settle({ id, inputTokens: 0, outputTokens: 0, micros: 0 });
  return ok(verdict.remaining);
}

const NOTHING = {
  inputTokens: 0,
  inputMicros: 0,
  outputTokens: 0,
  microsPerOutputToken: 0,
  flexible: false,
} as const;
