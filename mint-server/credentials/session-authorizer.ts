import type { Org } from "../config.ts";
import { sha256Base64url } from "../contract/bytes.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { SessionPolicy } from "../session-config.ts";
import { createIdTokenVerifier, type IdTokenVerifier, type Session } from "./id-token.ts";
import type { Ledger } from "./ledger.ts";
import { askApp } from "./session-callback.ts";
import { verifyChallenge } from "./turnstile.ts";

/** Someone at the session door, with a proof of their key. */
export interface Applicant {
  readonly org: Org;
  readonly policy: SessionPolicy;
  readonly ledger: Ledger;
  readonly jkt: string;
  /** Token of a solved challenge, where the body had one. */
  readonly challenge: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Says who comes in, as the organisation's `sessions.authorize` has it. */
export type SessionAuthorizer = (request: Request, applicant: Applicant) => Promise<Result<Session>>;

/** Header for a challenge's token, for those whose `Authorization` has another use. */
const CHALLENGE_HEADER = "x-mintgate-challenge";

export function createSessionAuthorizer(): SessionAuthorizer {
  // By the rule and not by the organisation's name: a stored one may change.
  const verifiers = new WeakMap<object, IdTokenVerifier>();

  return async (request, applicant) => {
    const { policy, jkt, challenge, now } = applicant;
    const { authorize } = policy;
    if (typeof authorize === "function") return byFunction(authorize, request);
    const anonymous: Session = { subject: `anonymous:${jkt}` };
    switch (authorize.type) {
      case "anonymous":
        return ok(anonymous);
      case "turnstile": {
        const token = challenge ?? request.headers.get(CHALLENGE_HEADER) ?? bearerOf(request);
        if (token === undefined) return fail({ kind: "no_session", reason: "missing_challenge" });
        const passed = await verifyChallenge(authorize, token);
        return passed.ok ? useUp(token, anonymous, applicant) : passed;
      }
      case "callback":
        return askApp(authorize, request);
      case "oidc": {
        const token = bearerOf(request);
        if (token === undefined) return fail({ kind: "no_session", reason: "missing_token" });
        const verify = verifiers.get(authorize) ?? createIdTokenVerifier(authorize);
        verifiers.set(authorize, verify);
        return verify(token, now);
      }
    }
  };
}

/** How long a challenge is remembered: longer than any verifier takes its token. */
const CHALLENGE_MS = 60 * 60 * 1000;

/** One challenge opens the door once, even to those who come at the same time, and whatever its verifier thinks of that. */
async function useUp(token: string, session: Session, { ledger, now }: Applicant): Promise<Result<Session>> {
  const name = `challenge.${await sha256Base64url(token)}`;
  try {
    const isFirst = await ledger.pinSessionKey(name, crypto.randomUUID(), now + CHALLENGE_MS);
    return isFirst ? ok(session) : fail({ kind: "no_session", reason: "challenge_refused" });
  } catch {
    return fail({ kind: "ledger_unavailable" });
  }
}

function bearerOf({ headers }: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
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
