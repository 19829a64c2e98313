import { type Answer, failed, jsonAnswer } from "./answer.ts";
import type { Admin } from "./credentials/admin-key.ts";
import type { Charge, Usage } from "./credentials/ledger.ts";
import { periodOf } from "./credentials/ledger-periods.ts";
import { type Caller, isLimited } from "./credentials/verify.ts";
import { chargesOf } from "./metering/charges.ts";
import { badField } from "./orgs/marks.ts";
import { healthSeen } from "./providers/told-health.ts";
import { secondsCharges } from "./realtime/session-time.ts";
import type { Visit } from "./routes.ts";

// Loaded on demand: most servers are never asked.

const MAX_NAME_LENGTH = 512;

/** `GET /usage`: what a caller's subject has used of each limit that it counts on. Nothing is counted for those without limits. */
export async function getUsage({ services, now }: Visit, caller: Caller): Promise<Answer> {
  const { subject, ledger } = caller;
  const charges = isLimited(caller) ? chargesOf(caller, now) : [];
  const timed = isLimited(caller) ? secondsCharges(caller, now) : [];
  const client = services.ledgerOf(ledger);
  await client.flush();
  const usageOf = ({ account, period }: Charge) => client.usage(account, period);
  const [used, spent] = await Promise.all([Promise.all(charges.map(usageOf)), Promise.all(timed.map(usageOf))]);
  if (used.includes(undefined) || spent.includes(undefined)) return failed({ kind: "ledger_unavailable" });
  const data = [
    ...charges.map((charge, at) => ({ ...whose(charge), used: shown(used[at]), limit: limitsOf(charge) })),
    ...timed.map((charge, at) => ({
      ...whose(charge),
      used: { realtime_seconds: secondsIn(spent[at]) },
      limit: { realtime_seconds: (charge.tokens ?? 0) / 1000 },
    })),
  ];
  return jsonAnswer({ object: "usage", subject, data });
}

/** Whose limit it is, by the name of its account. */
function whose({ account, period }: Charge) {
  const isOrgs = account === "org" || account.endsWith(":org");
  return { of: account.startsWith("jti:") ? "credential" : isOrgs ? "organisation" : "subject", period };
}

/** Time is counted in milliseconds, as the tokens of an account of its own. */
function secondsIn(usage: Usage | undefined): number {
  return (usage?.tokens ?? 0) / 1000;
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
  const [used, spent] = await Promise.all(
    [account, `realtime:${account}`].map((name) => client.usage(name, `day:${day}`)),
  );
  if (!used || !spent) return failed({ kind: "ledger_unavailable" });
  const counted = { ...shown(used), realtime_seconds: secondsIn(spent) };
  return jsonAnswer({ object: "usage", org, subject, day, used: counted, instance: seenHere(services, org) });
}

/** What the instance that answers has seen of an organisation: another has seen other things. */
function seenHere({ health, toldHealth, sessionsSeen }: Visit["services"], org: string) {
  const { open, sessions, seconds, tokens, micros } = sessionsSeen.of(org);
  const rows = healthSeen(health.snapshot(), toldHealth.rows()).filter((row) => row.org === org);
  return {
    realtime: { open, sessions, seconds, tokens, usd: micros / 1e6 },
    health: rows.map(({ endpoint, model, state, ewmaMs, failures, until, seenBy }) => ({
      endpoint,
      model,
      state,
      until: until === null ? null : new Date(until).toISOString(),
      failures_in_a_row: failures,
      first_byte_ms: ewmaMs === null ? null : Math.round(ewmaMs),
      seen_by: seenBy,
    })),
  };
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
