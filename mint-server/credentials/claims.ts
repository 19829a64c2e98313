import * as v from "valibot";
import { type CredentialClaims, FEATURES, type Grant } from "../contract/credential.ts";

const texts = v.array(v.string());
const limit = v.optional(v.number());

// Strict: a limit that is not known here must not count for nothing. To valibot a list is an object, too.
const limits = v.pipe(
  v.custom<object>((value) => !Array.isArray(value)),
  v.strictObject({
    requests: limit,
    tokens: limit,
    usd: limit,
    realtimeSeconds: limit,
    realtimeIdleSeconds: limit,
    realtimeSessions: limit,
    requestsPerMinute: limit,
    maxTokensPerRequest: limit,
    per: v.optional(v.picklist(["credential", "hour", "day", "month", "total"])),
  }),
);

const grant = v.object({
  org: v.string(),
  models: v.optional(texts),
  endpoints: v.optional(texts),
  origins: v.optional(texts),
  features: v.optional(v.array(v.picklist(FEATURES))),
  limits: v.optional(limits),
  template: v.optional(v.string()),
  session: v.optional(v.record(v.string(), v.unknown())),
  logging: v.optional(v.object({ project_name: v.string() })),
});

const claims = v.object({
  iss: v.string(),
  aud: v.string(),
  sub: v.string(),
  iat: v.number(),
  exp: v.number(),
  jti: v.string(),
  cnf: v.optional(v.object({ jkt: v.string() })),
  grant,
  sealed_key: v.optional(v.string()),
});

/** The claims of a token whose signature was checked; undefined if they are not a credential's. */
export function parseClaims(payload: unknown): CredentialClaims | undefined {
  const parsed = v.safeParse(claims, payload);
  return parsed.success ? (parsed.output as CredentialClaims) : undefined;
}

/** True if a grant covers a model, compared letter by letter; a pattern may end in `*`. */
export function allowsModel(grant: Grant, model: string): boolean {
  return grant.models === undefined || grant.models.some((pattern) => matches(pattern, model));
}

/** True if a grant covers an endpoint of the API. */
export function allowsEndpoint(grant: Grant, endpoint: string): boolean {
  return grant.endpoints === undefined || grant.endpoints.includes(endpoint);
}

function matches(pattern: string, model: string): boolean {
  return pattern.endsWith("*") ? model.startsWith(pattern.slice(0, -1)) : model === pattern;
}
