import { fail, ok, type Result } from "../failures.ts";
import { askJson } from "./ask-json.ts";

/** A verifier of challenges that speaks Turnstile's siteverify protocol, as hCaptcha's and reCAPTCHA's do. */
export interface ChallengeVerifier {
  readonly secretKey: string;
  /** Hosts on which a challenge may have been solved; any unless given. */
  readonly hostnames?: readonly string[] | undefined;
  /** Turnstile's own unless given. */
  readonly verifyURL?: string | undefined;
}

/** https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ */
const TURNSTILE = "https://challenges.cloudflare.com/turnstile/v0/siteverify";
/** Turnstile's tokens hold at most 2048 characters; those of others are longer. */
const MAX_TOKEN_LENGTH = 8192;

/** Asks whether a visitor has solved the challenge. The verifier says yes to a token once. */
export async function verifyChallenge(verifier: ChallengeVerifier, token: string): Promise<Result<void>> {
  if (token.length > MAX_TOKEN_LENGTH) return fail({ kind: "no_session", reason: "challenge_refused" });
  const { secretKey, hostnames, verifyURL = TURNSTILE } = verifier;
  const answer = await askJson(verifyURL, {
    method: "POST",
    body: new URLSearchParams({ secret: secretKey, response: token }),
  });
  // Turnstile says no with status 200, others with 400.
  if (!answer?.body || (answer.status !== 200 && answer.status !== 400))
    return fail({ kind: "no_session", reason: "unchecked" });
  const { success, hostname, "error-codes": codes } = answer.body;
  if (success === true && answer.status === 200) {
    const isHere = hostnames === undefined || (typeof hostname === "string" && hostnames.includes(hostname));
    return isHere ? ok(undefined) : fail({ kind: "no_session", reason: "challenge_refused" });
  }
  return isOurFault(codes)
    ? fail({ kind: "no_session", reason: "unchecked" })
    : fail({ kind: "no_session", reason: "challenge_refused" });
}

/** No challenge can be passed with a wrong secret key, or while the verifier is out of order. */
const OUR_FAULTS: readonly unknown[] = [
  "missing-input-secret",
  "invalid-input-secret",
  "sitekey-secret-mismatch",
  "internal-error",
];

function isOurFault(codes: unknown): boolean {
  const found = Array.isArray(codes) ? OUR_FAULTS.find((code) => codes.includes(code)) : undefined;
  if (found !== undefined) console.error(`mintgate: the verifier of challenges answered ${String(found)}`);
  return found !== undefined;
}
