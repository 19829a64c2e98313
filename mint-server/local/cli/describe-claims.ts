import type { CredentialClaims, Limits } from "../../contract/credential.ts";
import { spokenDuration } from "./duration.ts";
import { printable } from "./terminal.ts";

/** A line of a description: what it is about, and what it says. */
export type Row = readonly [label: string, text: string];

/** What a credential says of itself, in words. `now` in milliseconds since the epoch. */
export function describeClaims(
  { sub, iss, jti, iat, exp, cnf, grant, sealed_key: sealed }: CredentialClaims,
  now: number,
) {
  const rows: Row[] = [
    ["id", jti],
    ["subject", sub],
    ["organisation", grant.org],
    ["models", listed(grant.models, "any")],
    ["endpoints", listed(grant.endpoints, "all")],
    ["origins", listed(grant.origins, "any, or none")],
    ["features", listed(grant.features, "none")],
    ["limits", describeLimits(grant.limits)],
    ...(grant.template === undefined ? [] : [["template", grant.template] as const]),
    ...(grant.logging ? [["logged under", grant.logging.project_name] as const] : []),
    ["bound to", cnf ? `the key ${cnf.jkt} (DPoP)` : "no key: whoever holds it may use it"],
    ...(sealed === undefined ? [] : [["provider key", "sealed inside, for the mint-server alone"] as const]),
    ["issuer", iss],
    ["issued", instant(iat)],
    ["expires", `${instant(exp)}, ${expiry(exp, now)}`],
  ];
  return rows.map(([label, text]): Row => [label, printable(text)]);
}

/** Rows under each other, their texts in one column. */
export function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, text]) => label.padEnd(width) + text).join("\n");
}

/** Whole seconds until a credential expires; negative once it has. */
export function secondsLeft(exp: number, now: number): number {
  return Math.ceil(exp - now / 1000);
}

function expiry(exp: number, now: number): string {
  const left = secondsLeft(exp, now);
  return left > 0 ? `valid for ${spokenDuration(left)}` : `expired ${spokenDuration(-left)} ago`;
}

/** Dates end; a time beyond them is one that nobody issued. */
function instant(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "never" : date.toISOString().replace(".000Z", "Z");
}

function listed(items: readonly string[] | undefined, absent: string): string {
  return items && items.length > 0 ? items.join(", ") : absent;
}

const SPANS = {
  credential: "in all",
  hour: "per hour",
  day: "per day",
  month: "per month",
  total: "for the subject in all",
};

function describeLimits(limits: Limits = {}): string {
  const { usd, tokens, requests, requestsPerMinute, maxTokensPerRequest, per = "credential" } = limits;
  const { realtimeSeconds, realtimeSessions, realtimeIdleSeconds } = limits;
  const span = SPANS[per];
  const parts = [
    usd === undefined ? [] : `${dollars(usd)} USD ${span}`,
    tokens === undefined ? [] : `${tokens} tokens ${span}`,
    requests === undefined ? [] : `${requests} requests ${span}`,
    realtimeSeconds === undefined ? [] : `${realtimeSeconds} s of realtime ${span}`,
    realtimeSessions === undefined ? [] : `${realtimeSessions} realtime sessions at once`,
    realtimeIdleSeconds === undefined ? [] : `${realtimeIdleSeconds} s of silence in one`,
    requestsPerMinute === undefined ? [] : `${requestsPerMinute} requests per minute`,
    maxTokensPerRequest === undefined ? [] : `${maxTokensPerRequest} tokens per request`,
  ].flat();
  return parts.join("; ") || "none";
}

function dollars(usd: number): string {
  return usd.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 6, useGrouping: false });
}
