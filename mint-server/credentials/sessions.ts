import type { Org, ServerConfig, SessionPolicy } from "../config.ts";
import type { Grant, IssuedCredential } from "../contract/credential.ts";
import { HEADER } from "../contract/headers.ts";
import { fail, ok, type Result } from "../failures.ts";
import { createIdTokenVerifier, type IdTokenVerifier, type Session } from "./id-token.ts";
import { issueCredential } from "./issue.ts";
import type { Keyring } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { ProofVerifier } from "./proof.ts";

/** The browser's door: from the app's own session and a proof of the worker's key to a bound credential. */
export type SessionDoor = (request: Request, path: string, now: number) => Promise<Result<IssuedCredential>>;

export interface SessionDoorParts {
  readonly config: ServerConfig;
  readonly keyring: Keyring;
  readonly proofs: ProofVerifier;
  readonly ledgerOf: (org: string) => Ledger;
}

/** How long a session's key stays pinned after its last use. */
const PIN_MS = 30 * 24 * 60 * 60 * 1000;

export function createSessionDoor({ config, keyring, proofs, ledgerOf }: SessionDoorParts): SessionDoor {
  const verifiers = new Map<string, IdTokenVerifier>();

  const authorizeSession = async (request: Request, { org, policy, jkt, now }: Applicant): Promise<Result<Session>> => {
    const { authorize } = policy;
    if (typeof authorize === "function") return byFunction(authorize, request);
    if (authorize.type === "anonymous") return ok({ subject: `anonymous:${jkt}` });
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (token === undefined) return fail({ kind: "no_session", reason: "missing_token" });
    const verify = verifiers.get(org.name) ?? createIdTokenVerifier(authorize);
    verifiers.set(org.name, verify);
    return verify(token, now);
  };

  const pin = async ({ subject, session }: Session, { org, jkt, now }: Applicant): Promise<Result<string>> => {
    if (session === undefined) return ok(subject);
    try {
      const pinned = await ledgerOf(org.name).pinSessionKey(session, jkt, now + PIN_MS);
      return pinned ? ok(subject) : fail({ kind: "session_key_pinned" });
    } catch {
      return fail({ kind: "ledger_unavailable" });
    }
  };

  return async (request, path, now) => {
    const origin = request.headers.get("origin");
    const org = orgOf(request, config);
    if (!org) return fail({ kind: "org_not_found" });
    if (origin === null || !org.origins.has(origin) || isForgedSite(request, origin))
      return fail({ kind: "origin_not_allowed" });
    if (!org.sessions) return fail({ kind: "no_session", reason: "closed" });
    const target = { method: request.method, path, publicURLs: config.publicURLs, now };
    const proof = await proofs.verify(request.headers.get(HEADER.dpop), target);
    if (!proof.ok) return proof;
    const applicant: Applicant = { org, policy: org.sessions, jkt: proof.value, now };
    const session = await authorizeSession(request, applicant);
    if (!session.ok) return session;
    const subject = await pin(session.value, applicant);
    if (!subject.ok) return subject;
    return issueCredential(keyring, {
      issuer: config.publicURLs[0] ?? "",
      subject: subject.value,
      grant: sessionGrant(org, org.sessions),
      ttlSeconds: org.sessions.ttlSeconds,
      jkt: proof.value,
      now,
    });
  };
}

interface Applicant {
  readonly org: Org;
  readonly policy: SessionPolicy;
  readonly jkt: string;
  readonly now: number;
}

/** The organisation asked for, else the one whose own origins hold the request's, else `default`. */
function orgOf({ headers }: Request, config: ServerConfig): Org | undefined {
  const name = headers.get(HEADER.orgName);
  if (name !== null) return config.orgs.get(name);
  const origin = headers.get("origin") ?? "";
  const isOwn = config.publicURLs.includes(origin);
  const byOrigin = isOwn ? undefined : [...config.orgs.values()].find((org) => org.origins.has(origin));
  return byOrigin ?? config.orgs.get("default");
}

/** `Sec-Fetch-Site` is the browser's word: it must not contradict the origin, nor come from a typed address or a form. */
function isForgedSite({ headers, url }: Request, origin: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === null) return false;
  if (site === "none" || headers.get("sec-fetch-mode") === "navigate") return true;
  return site === "cross-site" && url.startsWith(`${origin}/`);
}

async function byFunction(
  authorize: Extract<SessionPolicy["authorize"], (...args: never[]) => unknown>,
  request: Request,
): Promise<Result<Session>> {
  const answer: unknown = await authorize(request);
  if (typeof answer === "string" && answer !== "") return ok({ subject: answer });
  if (typeof answer === "object" && answer !== null && "subject" in answer && typeof answer.subject === "string") {
    const session = "session" in answer && typeof answer.session === "string" ? answer.session : undefined;
    return ok({ subject: answer.subject, ...(session === undefined ? {} : { session }) });
  }
  return fail({ kind: "no_session", reason: "denied" });
}

function sessionGrant(org: Org, policy: SessionPolicy): Grant {
  const { models, endpoints } = policy;
  return { org: org.name, ...(models ? { models } : {}), ...(endpoints ? { endpoints } : {}) };
}
