import { type Answer, failed, jsonAnswer } from "./answer.ts";
import type { Visit } from "./app.ts";
import type { Admin } from "./credentials/admin-key.ts";
import type { Charge, Usage } from "./credentials/ledger.ts";
import { periodOf } from "./credentials/ledger-periods.ts";
import { type Caller, isLimited } from "./credentials/verify.ts";
import { chargesOf } from "./metering/charges.ts";
import { badField } from "./orgs/marks.ts";

// Loaded on demand: most servers are never asked.

const MAX_NAME_LENGTH = 512;

/** `GET /usage`: what a caller's subject has used of each limit that it counts on. Nothing is counted for those without limits. */
export async function getUsage({ services, now }: Visit, caller: Caller): Promise<Answer> {
  const { subject, ledger } = caller;
  const charges = isLimited(caller) ? chargesOf(caller, now) : [];
  const client = services.ledgerOf(ledger);
  await client.flush();
  const used = await Promise.all(charges.map(({ account, period }) => client.usage(account, period)));
  if (used.includes(undefined)) return failed({ kind: "ledger_unavailable" });
  const data = charges.map((charge, at) => ({
    of: charge.account.startsWith("jti:") ? "credential" : charge.account === "org" ? "organisation" : "subject",
    period: charge.period,
    used: shown(used[at]),
    limit: limitsOf(charge),
  }));
  return jsonAnswer({ object: "usage", subject, data });
}

/** `GET /admin/usage?org=…&subject=…&day=…`: what was counted for an organisation, or for one subject of it, that day. */
export async function getUsageOf({ services, request, now }: Visit, _: Admin): Promise<Answer> {
  const query = new URL(request.url).searchParams;
  const org = query.get("org") ?? "default";
  const subject = query.get("subject");
  const day = query.get("day") ?? periodOf("day", now).replace("day:", "");
  if (org.length > MAX_NAME_LENGTH || (subject?.length ?? 0) > MAX_NAME_LENGTH)
    return failed(badField("org", `may hold ${MAX_NAME_LENGTH} characters`).failure);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return failed(badField("day", "must be a date such as 2026-11-22").failure);
  const account = subject === null ? "org" : `sub:${subject}`;
  const client = services.ledgerOf(org);
  await client.flush();
  const used = await client.usage(account, `day:${day}`);
  if (!used) return failed({ kind: "ledger_unavailable" });
  return jsonAnswer({ object: "usage", org, subject, day, used: shown(used) });
}

function shown({ requests, tokens, micros }: Usage = { requests: 0, tokens: 0, micros: 0 }) {
  return { requests, tokens, usd: micros / 1e6 };
}

function limitsOf({ requests, tokens, micros, requestsPerMinute }: Charge) {
  return {
    ...(requests !== undefined && { requests }),
    ...(tokens !== undefined && { tokens }),
    ...(micros !== undefined && { usd: micros / 1e6 }),
    ...(requestsPerMinute !== undefined && { requests_per_minute: requestsPerMinute }),
  };
}
