import type { Org, ServerConfig } from "../config.ts";
import type { Grant, IssuedCredential } from "../contract/credential.ts";
import { HEADER } from "../contract/headers.ts";
import { fail, ok, type Result } from "../failures.ts";
import { freshnessOf, type OrgFinder } from "../orgs/stored-orgs.ts";
import type { SessionPolicy } from "../session-config.ts";
import { addressPrefix, UNKNOWN } from "./client-address.ts";
import type { Session } from "./id-token.ts";
import { issueCredential } from "./issue.ts";
import type { Keyring } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { ProofVerifier } from "./proof.ts";
import { type Applicant, createSessionAuthorizer } from "./session-authorizer.ts";
import { templateGrant } from "./template.ts";

/** The browser's door: from the app's own session and a proof of the worker's key to a bound credential. */
export type SessionDoor = (request: Request, knock: Knock) => Promise<Result<IssuedCredential>>;

/** What of a request to the door is not in its headers. */
export interface Knock {
  /** Path of the URL, without query. */
  readonly path: string;
  /** Name of the template asked for. */
  readonly template?: string | undefined;
  /** Token of a solved challenge. */
  readonly challenge?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface SessionDoorParts {
  readonly config: ServerConfig;
  readonly keyring: Keyring;
  readonly proofs: ProofVerifier;
  readonly ledgerOf: (org: string) => Ledger;
  /** Finds stored organisations; absent where there are none. */
  readonly finder: OrgFinder | undefined;
}

/** How long a session's key stays pinned after its last use. */
const PIN_MS = 30 * 24 * 60 * 60 * 1000;
/** When a full door has room for as many again at the latest. */
const MINUTE_SECONDS = 60;

/** Checks in the order of cost: what the headers say, the proof, how many came before, and then whoever knows the session. */
export function createSessionDoor({ config, keyring, proofs, ledgerOf, finder }: SessionDoorParts): SessionDoor {
  const authorize = createSessionAuthorizer();

  return async (request, { path, template, challenge, now }) => {
    const origin = request.headers.get("origin");
    const found = await orgOf(request, { config, finder });
    if (!found.ok) return found;
    const org = found.value;
    if (!org) return fail({ kind: "org_not_found" });
    if (origin === null || !org.origins.has(origin) || isForgedSite(request, origin))
      return fail({ kind: "origin_not_allowed" });
    const policy = org.sessions;
    if (!policy) return fail({ kind: "no_session", reason: "closed" });
    const grant = sessionGrant(org, policy, template);
    if (!grant.ok) return grant;
    const target = { method: request.method, path, publicURLs: config.publicURLs, now };
    const proof = await proofs.verify(request.headers.get(HEADER.dpop), target);
    if (!proof.ok) return proof;
    const applicant: Applicant = { org, policy, ledger: ledgerOf(org.name), jkt: proof.value.jkt, challenge, now };
    const entered = await enter(applicant, addressPrefix(request, config.clientAddressHeader));
    if (!entered.ok) return entered;
    const session = await authorize(request, applicant);
    if (!session.ok) return session;
    const subject = await pin(applicant, session.value);
    if (!subject.ok) return subject;
    return issueCredential(keyring, {
      issuer: config.publicURLs[0] ?? "",
      subject: subject.value,
      grant: grant.value,
      ttlSeconds: policy.ttlSeconds,
      jkt: proof.value.jkt,
      now,
    });
  };
}

/** Counts who comes in from one network: keys cost nothing, and each is somebody new. */
async function enter({ policy, ledger, now }: Applicant, prefix: string): Promise<Result<void>> {
  const perMinute = prefix === UNKNOWN ? policy.rate.unknown : policy.rate.network;
  try {
    if (await ledger.enter(`door:${prefix}`, perMinute, now)) return ok(undefined);
    return fail({ kind: "rate_limited", retryAfterSeconds: MINUTE_SECONDS });
  } catch {
    return fail({ kind: "ledger_unavailable" });
  }
}

async function pin({ ledger, jkt, now }: Applicant, { subject, session }: Session): Promise<Result<string>> {
  if (session === undefined) return ok(subject);
  try {
    const pinned = await ledger.pinSessionKey(session, jkt, now + PIN_MS);
    return pinned ? ok(subject) : fail({ kind: "session_key_pinned" });
  } catch {
    return fail({ kind: "ledger_unavailable" });
  }
}

/** The organisation asked for, else the one whose own origins hold the request's, else `default`. */
async function orgOf(
  { headers }: Request,
  { config, finder }: Pick<SessionDoorParts, "config" | "finder">,
): Promise<Result<Org | undefined>> {
  const freshness = freshnessOf(headers.get(HEADER.useCredsCache));
  const named = (name: string) => {
    const org = config.orgs.get(name);
    return org || !finder ? ok(org) : finder.byName(name, freshness);
  };
  const name = headers.get(HEADER.orgName);
  if (name !== null) return named(name);
  const origin = headers.get("origin") ?? "";
  if (config.publicURLs.includes(origin)) return named(DEFAULT_ORG);
  const byOrigin = [...config.orgs.values()].find((org) => org.origins.has(origin));
  if (byOrigin) return ok(byOrigin);
  const stored = await finder?.byOrigin(origin, freshness);
  if (stored && !stored.ok) return stored;
  return stored?.value[0] ? ok(stored.value[0]) : named(DEFAULT_ORG);
}

const DEFAULT_ORG = "default";

/** `Sec-Fetch-Site` is the browser's word: it must not contradict the origin, nor come from a typed address or a form. */
function isForgedSite({ headers, url }: Request, origin: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === null) return false;
  if (site === "none" || headers.get("sec-fetch-mode") === "navigate") return true;
  return site === "cross-site" && url.startsWith(`${origin}/`);
}

/** What a browser gets. Where an organisation has templates for browsers, each takes one, else they would hold nobody. */
function sessionGrant(org: Org, policy: SessionPolicy, asked: string | undefined): Result<Grant> {
  const { models, endpoints, features, limits, templates } = policy;
  const shared = { org: org.name, ...(limits && { limits }) };
  if (asked === undefined && !templates) {
    return ok({ ...shared, ...(models && { models }), ...(endpoints && { endpoints }), ...(features && { features }) });
  }
  const name = asked ?? (templates?.length === 1 ? templates[0] : undefined);
  if (name === undefined) return fail({ kind: "bad_field", param: "template", detail: "`template` is missing." });
  const template = templates?.includes(name) ? org.templates.get(name) : undefined;
  if (!template) {
    const detail = "This organisation has no such template for browsers.";
    return fail({ kind: "insufficient_scope", param: "template", detail });
  }
  return ok({ ...shared, ...templateGrant(template) });
}
