import type { Org, ServerConfig } from "../config.ts";
import { type Grant, withoutPrefix } from "../contract/credential.ts";
import { HEADER, KEY_HEADERS } from "../contract/headers.ts";
import { type CredentialFault, fail, ok, type Result } from "../failures.ts";
import { freshnessOf, type OrgFinder } from "../orgs/stored-orgs.ts";
import { allowsEndpoint } from "./claims.ts";
import { holderOf, type Keyring } from "./keys.ts";
import type { ProofVerifier } from "./proof.ts";
import type { Standing } from "./standing.ts";
import { type Token, verifyToken } from "./token.ts";

/** Who calls, what the call may do, and with whose key. Only {@link createAuthoriser} makes one. */
export interface Caller {
  readonly by: "provider-key" | "project-key" | "credential";
  readonly subject: string;
  readonly grant: Grant;
  /** The organisation whose endpoints serve; absent for a provider's key, and a credential that one issued. */
  readonly org?: Org;
  /** The caller's own provider key; present where `org` is not. */
  readonly providerKey?: string;
  /** Name of the ledger on which it counts: its organisation's, or that of the key which issued it. */
  readonly ledger: string;
  /** Present where `by` is `credential`. */
  readonly credential?: UsedCredential;
}

/** A temporary credential as its revocation and its limits know it. */
export interface UsedCredential {
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** Of a bound credential: names the proof that came with this request. */
  readonly proofId?: string;
}

/** What of a request bears on authority. */
export interface Access {
  readonly headers: Headers;
  readonly method: string;
  /** Path of the URL, without query. */
  readonly path: string;
  /** Name of the endpoint as grants list it; absent where none is needed. */
  readonly endpoint: string | undefined;
  /** Whether a budget is set aside later on, where the caller is limited. */
  readonly reserves?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Whether anything of what a caller does is limited. */
export function isLimited({ by, grant, org }: Caller): boolean {
  return by === "credential" && (grant.limits !== undefined || org?.limits !== undefined);
}

export type Authoriser = (access: Access) => Promise<Result<Caller>>;

interface KnownToken extends Token {
  /** Without `org` where that is a stored one: it is looked up at each use. */
  readonly caller: Caller;
}

interface AuthoriserParts {
  readonly config: ServerConfig;
  readonly keyring: Keyring;
  readonly proofs: ProofVerifier;
  readonly stand: Standing;
  /** Finds stored organisations; absent where there are none. */
  readonly finder: OrgFinder | undefined;
}

/** Length of a credential beyond which nothing is looked at. */
const MAX_AUTHORIZATION_LENGTH = 8192;
const MAX_REMEMBERED_TOKENS = 4096;
const MAX_REMEMBERED_HOLDERS = 4096;
/** Begins every project key that is made here, so that one that was deleted is not taken for a provider's. */
export const PROJECT_KEY_PREFIX = "mgp_";

function freshnessIn({ headers }: Access) {
  return freshnessOf(headers.get(HEADER.useCredsCache));
}

/**
 * The one choke point: from a request's headers to a caller, or a failure. It runs before anything else looks at the request.
 *
 * What is ours is recognised first, and generously: a damaged credential must not be taken for a provider's key and sent away.
 */
export function createAuthoriser({ config, keyring, proofs, stand, finder }: AuthoriserParts): Authoriser {
  const tokens = new Map<string, KnownToken>();
  const holders = new Map<string, string>();

  const holder = async (apiKey: string) => {
    const known = holders.get(apiKey);
    if (known !== undefined) return known;
    const name = await holderOf(keyring, apiKey);
    if (holders.size >= MAX_REMEMBERED_HOLDERS) holders.clear();
    holders.set(apiKey, name);
    return name;
  };

  const verifiedToken = async (token: string, now: number): Promise<Result<KnownToken>> => {
    const known = tokens.get(token);
    if (known) return ok(known);
    const checked = await verifyToken(token, { keyring, now, publicURLs: config.publicURLs });
    if (!checked.ok) return checked;
    const { providerKey } = checked.value;
    const issuer = providerKey === undefined ? undefined : await holder(providerKey);
    const caller = callerOf(checked.value, config, { issuer, mayBeStored: finder !== undefined });
    if (!caller.ok) return caller;
    const verified = { ...checked.value, caller: caller.value };
    if (tokens.size >= MAX_REMEMBERED_TOKENS) tokens.clear();
    tokens.set(token, verified);
    return ok(verified);
  };

  const byCredential = async (scheme: string, token: string, access: Access): Promise<Result<Caller>> => {
    const verified = await verifiedToken(token, access.now);
    if (!verified.ok) return verified;
    const { claims, ath, caller } = verified.value;
    const jkt = claims.cnf?.jkt;
    const bound = jkt !== undefined;
    if (claims.exp * 1000 <= access.now) return refused("expired", bound);
    if (scheme !== (bound ? "dpop" : "bearer")) return refused("wrong_scheme", bound);
    if (bound) {
      const target = {
        method: access.method,
        path: access.path,
        publicURLs: config.publicURLs,
        ath,
        jkt,
        now: access.now,
      };
      const proof = await proofs.verify(access.headers.get(HEADER.dpop), target);
      if (!proof.ok) return proof;
      const { jti, iat: issuedAt, exp: expiresAt } = claims;
      return withOrg({ ...caller, credential: { jti, issuedAt, expiresAt, proofId: proof.value.id } }, access);
    }
    return withOrg(caller, access);
  };

  /** Adds its organisation to a caller that has none yet: a stored one. */
  const withOrg = async (caller: Caller, access: Access): Promise<Result<Caller>> => {
    if (caller.org || caller.providerKey !== undefined) return unlessSpent(caller, access);
    const found = await finder?.byName(caller.grant.org, freshnessIn(access));
    if (found && !found.ok) return found;
    if (found?.value) return unlessSpent({ ...caller, org: found.value }, access);
    return refused("unknown_org", caller.credential?.proofId !== undefined);
  };

  /** For a provider's key any origin is good that any organisation allows; stored ones are asked last. */
  const withinAnyOrigin = async (caller: Caller, access: Access): Promise<Result<Caller>> => {
    const found = await finder?.byOrigin(access.headers.get("origin") ?? "", freshnessIn(access));
    const [org] = found?.ok ? found.value : [];
    return withinGrant(caller, access, org?.origins ?? config.origins);
  };

  const unlessSpent = async (caller: Caller, access: Access): Promise<Result<Caller>> => {
    let within = withinGrant(caller, access, caller.org?.origins ?? config.origins);
    if (!within.ok && within.failure.kind === "origin_not_allowed" && !caller.org)
      within = await withinAnyOrigin(caller, access);
    // The ledger looks for itself when it sets a budget aside: one call a request.
    if (!within.ok || !caller.credential || (access.reserves && isLimited(caller))) return within;
    const { subject, ledger } = caller;
    const { expiresAt: _, ...credential } = caller.credential;
    const failure = await stand({ ...credential, subject, ledger, now: access.now });
    return failure ? fail(failure) : within;
  };

  const byKey = async (apiKey: string, access: Access): Promise<Result<Caller>> => {
    const orgs = config.orgsByKey.get(apiKey);
    const subject = await holder(apiKey);
    const name = access.headers.get(HEADER.orgName);
    if (orgs && (name === null || orgs.some((org) => org.name === name))) return byProjectKey(orgs, subject, access);
    const stored = await finder?.byKey(apiKey, freshnessIn(access));
    // As long as nobody can tell whose it is, it must not go to a provider.
    if (stored && !stored.ok) return stored;
    if (stored && stored.value.length > 0) return byProjectKey(stored.value, subject, access);
    if (orgs) return fail({ kind: "org_not_found" });
    if (!config.allowProviderKeys) return fail({ kind: "provider_keys_off" });
    if (apiKey.startsWith(PROJECT_KEY_PREFIX)) return refused("unknown_key");
    if (name !== null) return fail({ kind: "org_not_found" });
    return ok({ by: "provider-key", subject, grant: { org: "default" }, providerKey: apiKey, ledger: subject });
  };

  return async (access) => {
    const presented = presentedCredential(access.headers);
    if (!presented) return fail({ kind: "missing_credential" });
    const { scheme, value } = presented;
    const looksOurs = scheme === "dpop" || looksLikeCredential(value);
    return looksOurs && !config.orgsByKey.has(value)
      ? byCredential(scheme, withoutPrefix(value), access)
      : byKey(value, access);
  };
}

function presentedCredential(headers: Headers): { readonly scheme: string; readonly value: string } | undefined {
  const authorization = headers.get("authorization");
  if (authorization === null) {
    const key = KEY_HEADERS.map((name) => headers.get(name)).find((value) => value !== null);
    return key === undefined ? undefined : presented("bearer", key ?? "");
  }
  const space = authorization.indexOf(" ");
  return presented(authorization.slice(0, Math.max(space, 0)).toLowerCase(), authorization.slice(space + 1).trim());
}

function presented(scheme: string, value: string): { readonly scheme: string; readonly value: string } | undefined {
  if (value.length > MAX_AUTHORIZATION_LENGTH) return undefined;
  if ((scheme !== "bearer" && scheme !== "dpop") || !/^[\x21-\x7e]+$/.test(value)) return undefined;
  return { scheme, value };
}

/**
 * Starts like a JWT (`{"` in base64url), carries our prefix, or has a JWT's two dots. No provider's key does, save Google's
 * OAuth tokens, which have a beginning of their own.
 */
export function looksLikeCredential(value: string): boolean {
  if (value.startsWith("ya29.")) return false;
  return value.startsWith("eyJ") || value.startsWith("ek_") || value.split(".").length > 2;
}

function refused(reason: CredentialFault, bound = false) {
  return fail({ kind: "invalid_credential", reason, bound });
}

interface Whose {
  /** Holder of the provider's key that issued it. */
  readonly issuer: string | undefined;
  /** Whether an organisation that the settings do not have may be a stored one. */
  readonly mayBeStored: boolean;
}

/** Whose endpoints a credential uses: its organisation's, or the provider's with the key that issued it. */
function callerOf(
  { claims, providerKey }: Token,
  config: ServerConfig,
  { issuer, mayBeStored }: Whose,
): Result<Caller> {
  const { sub: subject, grant, jti, iat: issuedAt, exp: expiresAt } = claims;
  const caller = { by: "credential", subject, grant, credential: { jti, issuedAt, expiresAt } } as const;
  if (providerKey !== undefined && issuer !== undefined) {
    return config.allowProviderKeys ? ok({ ...caller, providerKey, ledger: issuer }) : refused("claims");
  }
  const org = config.orgs.get(grant.org);
  if (org) return ok({ ...caller, org, ledger: org.name });
  return mayBeStored ? ok({ ...caller, ledger: grant.org }) : refused("unknown_org");
}

function byProjectKey(orgs: readonly Org[], subject: string, { headers }: Access): Result<Caller> {
  const name = headers.get(HEADER.orgName);
  const org = name === null ? orgs[0] : orgs.find((candidate) => candidate.name === name);
  if (!org) return fail({ kind: "org_not_found" });
  return ok({ by: "project-key", subject, grant: { org: org.name }, org, ledger: org.name });
}

/** What a grant says of the request before its body is read; the model is checked once it is known, in `select`. */
function withinGrant(caller: Caller, { headers, endpoint }: Access, allowed: ReadonlySet<string>): Result<Caller> {
  const { grant } = caller;
  const name = headers.get(HEADER.orgName);
  if (name !== null && name !== grant.org) return fail({ kind: "org_not_found" });
  const origin = headers.get("origin");
  if (origin !== null && !allowed.has(origin) && !grant.origins?.includes(origin))
    return fail({ kind: "origin_not_allowed" });
  if (grant.origins && (origin === null || !grant.origins.includes(origin)))
    return fail({ kind: "origin_not_allowed" });
  if (endpoint !== undefined && !allowsEndpoint(grant, endpoint)) {
    return fail({ kind: "insufficient_scope", param: null, detail: `This credential does not cover ${endpoint}.` });
  }
  return ok(caller);
}
