import { fromBase64url } from "./bytes.ts";

/** `typ` of a temporary credential's header. */
export const CREDENTIAL_TYP = "mintgate+jwt";

/** OpenAI's realtime clients ask for this prefix, so a credential may carry it anywhere. */
export const EPHEMERAL_PREFIX = "ek_";

/** Leave for what costs more than one plain answer, or leaves something behind at the provider. */
export const FEATURES = ["hosted_tools", "store", "background", "multiple_choices", "service_tier"] as const;
export type Feature = (typeof FEATURES)[number];

/** Hard limits; each absent one is unlimited. Money in US dollars, counted in whole micro-dollars. */
export interface Limits {
  readonly requests?: number;
  readonly tokens?: number;
  readonly usd?: number;
  readonly realtimeSeconds?: number;
  /** Longest time that a realtime session may pass without an event of its client's. */
  readonly realtimeIdleSeconds?: number;
  /** Realtime sessions open at once. */
  readonly realtimeSessions?: number;
  readonly requestsPerMinute?: number;
  readonly maxTokensPerRequest?: number;
  /** What the totals count over; `credential` unless given. */
  readonly per?: "credential" | "hour" | "day" | "month" | "total";
}

/** Where to log the requests made with a credential. */
export interface Logging {
  readonly project_name: string;
}

/** What a temporary credential allows. An absent list allows everything that its issuer could do. */
export interface Grant {
  readonly org: string;
  /** Model ids; one may end in `*`. Compared with the resolved model, letter by letter. */
  readonly models?: readonly string[];
  /** Endpoint names, as in `MODEL_ENDPOINTS`. */
  readonly endpoints?: readonly string[];
  /** Exact origins of browser callers. */
  readonly origins?: readonly string[];
  readonly features?: readonly Feature[];
  readonly limits?: Limits;
  /** Name of the organisation's template that every request must follow; nothing else is covered then. */
  readonly template?: string;
  /**
   * Of a credential for realtime sessions alone (`ek_`): fields of OpenAI's realtime session that its holder cannot change,
   * as they were asked for. Its presence, be it empty, marks such a credential.
   */
  readonly session?: Readonly<Record<string, unknown>>;
  readonly logging?: Logging;
}

/** A temporary credential's claims (RFC 7519, RFC 7800 for `cnf`). Times in Unix seconds. */
export interface CredentialClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly cnf?: { readonly jkt: string };
  readonly grant: Grant;
  /** The issuing provider key, sealed (JWE) to the mint-server; absent where a project key or a session issued it. */
  readonly sealed_key?: string;
}

/** The answer of `POST /credentials` and `POST /credentials/session`. */
export interface IssuedCredential {
  readonly key: string;
  /** Unix seconds. */
  readonly expires_at: number;
  readonly token_type: "Bearer" | "DPoP";
  readonly subject: string;
}

/**
 * Reads a credential's claims without checking its signature: for display, and to learn when to renew. Never for a
 * decision about what a caller may do.
 */
export function readCredential(credential: string): CredentialClaims | undefined {
  const payload = fromBase64url(withoutPrefix(credential).split(".")[1] ?? "");
  if (!payload) return undefined;
  try {
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
    return isClaims(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isClaims(value: unknown): value is CredentialClaims {
  if (typeof value !== "object" || value === null || !("grant" in value) || !("exp" in value)) return false;
  return typeof value.grant === "object" && value.grant !== null && typeof value.exp === "number";
}

/** The credential itself, where it came with the `ek_` prefix. */
export function withoutPrefix(credential: string): string {
  return credential.startsWith(EPHEMERAL_PREFIX) ? credential.slice(EPHEMERAL_PREFIX.length) : credential;
}
