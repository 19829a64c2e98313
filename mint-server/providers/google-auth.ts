import { importPKCS8, SignJWT } from "jose";
import { fail, ok, type Result } from "../failures.ts";
import type { Authority } from "./provider.ts";

/** What of a service account's key file is needed. */
export interface ServiceAccount {
  readonly clientEmail: string;
  readonly privateKeyId?: string;
  /** PKCS #8 as PEM. */
  readonly privateKey: string;
  /** Where its assertions are exchanged for tokens. */
  readonly tokenURL: string;
}

/** A token, and when it is to be replaced: milliseconds since the epoch. */
interface Token {
  readonly value: string;
  readonly renewAt: number;
}

export interface GoogleAuthorityOptions {
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** How long a request waits for an exchange that another one began, in milliseconds. */
  readonly patienceMs?: number;
}

export const GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** Google takes assertions that are good for an hour at most. */
const ASSERTION_SECONDS = 3600;
/** A token is replaced this long before it expires, so that none expires on its way. */
const MARGIN_MS = 60_000;
const EXCHANGE_MS = 10_000;
const PATIENCE_MS = 3_000;

/**
 * Tokens for a service account (RFC 7523 §2.1). One is exchanged for all requests that need it at a time, and kept until
 * shortly before it expires or the provider refuses it.
 */
export function createGoogleAuthority(
  account: ServiceAccount,
  { clock = Date.now, patienceMs = PATIENCE_MS }: GoogleAuthorityOptions = {},
): Authority {
  let token: Token | undefined;
  let pending: Promise<Result<Token>> | undefined;

  const begin = (): Promise<Result<Token>> => {
    const begun = exchangeToken(account, clock).then((exchanged) => {
      if (exchanged.ok) token = exchanged.value;
      if (pending === begun) pending = undefined;
      return exchanged;
    });
    pending = begun;
    return begun;
  };

  /** One exchange for all. On workerd it may end with the request that began it, so the others wait for a while only. */
  const exchange = async (): Promise<Result<Token>> => {
    for (let awaited: typeof pending; pending && pending !== awaited; ) {
      awaited = pending;
      const exchanged = await within(awaited, patienceMs);
      if (exchanged) return exchanged;
    }
    return begin();
  };

  return {
    async headers() {
      if (token && clock() < token.renewAt) return ok(bearer(token));
      const exchanged = await exchange();
      return exchanged.ok ? ok(bearer(exchanged.value)) : exchanged;
    },
    refused({ authorization }) {
      if (token && bearer(token).authorization === authorization) token = undefined;
    },
    secrets: () => [
      account.clientEmail,
      account.privateKey,
      ...(account.privateKeyId === undefined ? [] : [account.privateKeyId]),
      ...(token ? [token.value] : []),
    ],
  };
}

const bearer = ({ value }: Token) => ({ authorization: `Bearer ${value}` });

/** What a promise gives within a time, in milliseconds; else `undefined`. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function exchangeToken(account: ServiceAccount, clock: () => number): Promise<Result<Token>> {
  const now = clock();
  const assertion = await signAssertion(account, Math.floor(now / 1000)).catch(() => undefined);
  if (assertion === undefined) return fail({ kind: "upstream_refused_our_key" });
  try {
    const response = await fetch(account.tokenURL, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams({ grant_type: GRANT_TYPE, assertion }).toString(),
      redirect: "manual",
      signal: AbortSignal.timeout(EXCHANGE_MS),
    });
    if (response.status === 200) return readToken(await response.json(), now);
    await response.body?.cancel();
    const isRefusal = response.status === 400 || response.status === 401 || response.status === 403;
    return fail({ kind: isRefusal ? "upstream_refused_our_key" : "upstream_unreachable" });
  } catch {
    return fail({ kind: "upstream_unreachable" });
  }
}

/** The assertion that is exchanged (RFC 7523 §3). `now` in seconds since the epoch. */
async function signAssertion({ clientEmail, privateKey, privateKeyId, tokenURL }: ServiceAccount, now: number) {
  return new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(privateKeyId === undefined ? {} : { kid: privateKeyId }) })
    .setIssuer(clientEmail)
    .setAudience(tokenURL)
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_SECONDS)
    .sign(await importPKCS8(privateKey, "RS256"));
}

/** The token of a token endpoint's answer (RFC 6749 §5.1). */
function readToken(answer: unknown, now: number): Result<Token> {
  const { access_token: value, expires_in: seconds, token_type: type } = (answer ?? {}) as Record<string, unknown>;
  const isToken = typeof value === "string" && /^[\x21-\x7e]{1,8192}$/.test(value);
  if (!isToken || typeof seconds !== "number" || !(seconds > 0)) return fail({ kind: "upstream_unreachable" });
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") return fail({ kind: "upstream_unreachable" });
  return ok({ value, renewAt: now + seconds * 1000 - MARGIN_MS });
}
