import type { Limits } from "../contract/credential.ts";
import type { Charge, Verdict } from "../credentials/ledger.ts";
import { periodOf } from "../credentials/ledger-periods.ts";
import type { Caller, UsedCredential } from "../credentials/verify.ts";
import type { Failure } from "../failures.ts";

/** The accounts that a request counts on, with their limits. */
export function chargesOf({ grant, org, subject, credential }: Caller, now: number): Charge[] {
  const { limits } = grant;
  const per = limits?.per ?? "credential";
  const own = per === "credential" ? `jti:${credential?.jti}` : `sub:${subject}`;
  const charges = limits ? [charge(own, limits, periodOf(per, now))] : [];
  return org?.limits ? [...charges, charge("org", org.limits, periodOf(org.limits.per ?? "day", now))] : charges;
}

function charge(account: string, { requests, tokens, usd, requestsPerMinute }: Limits, period: string): Charge {
  return {
    account,
    period,
    ...(requests !== undefined && { requests }),
    ...(tokens !== undefined && { tokens }),
    ...(usd !== undefined && { micros: Math.floor(usd * 1e6) }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
  };
}

export function isCounted(charges: readonly Charge[]): boolean {
  return charges.some(({ tokens, micros }) => tokens !== undefined || micros !== undefined);
}

export function mostPerRequest({ grant, org }: Caller): number | undefined {
  const limits = [grant.limits, org?.limits].flatMap((each) => each?.maxTokensPerRequest ?? []);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Another attempt may cost as much as the first, but the request is one all the same. */
export function beyondFirst({ requests: _, requestsPerMinute: __, ...charge }: Charge): Charge {
  return charge;
}

/** The ledger's no, as the caller hears it. */
export function refusal(verdict: Extract<Verdict, { ok: false }>, { proofId }: UsedCredential): Failure {
  switch (verdict.reason) {
    case "revoked":
      return { kind: "credential_revoked", bound: proofId !== undefined };
    case "replayed":
      return { kind: "invalid_proof", reason: "replayed" };
    case "rate":
      return { kind: "rate_limited", retryAfterSeconds: verdict.retryAfterSeconds, remaining: verdict.remaining };
    case "budget": {
      const { limit, remaining, resetsAtSeconds } = verdict;
      return { kind: "budget_exceeded", limit, remaining, ...(resetsAtSeconds !== undefined && { resetsAtSeconds }) };
    }
  }
}
