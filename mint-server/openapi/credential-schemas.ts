import { FEATURES, type IssuedCredential, type Limits } from "../contract/credential.ts";
import { GRANTABLE_ENDPOINTS } from "../contract/endpoints.ts";
import type { OrderFormInput } from "../credentials/order-form.ts";
import { closed, type Fields, list, nullable, type Schema, schemaRef, seconds, text, whole } from "./schema.ts";

const count = (description: string): Schema => ({ type: "integer", minimum: 0, description });

const limits: Fields<Limits> = {
  requests: count("Requests in all."),
  tokens: count("Tokens in all, of requests and answers."),
  usd: { type: "number", minimum: 0, maximum: 1e9, description: "US dollars in all." },
  realtimeSeconds: count("Seconds of realtime sessions in all."),
  realtimeIdleSeconds: {
    type: "integer",
    minimum: 1,
    description: "Longest silence of a realtime client, in seconds.",
  },
  realtimeSessions: count("Realtime sessions open at once."),
  requestsPerMinute: { type: "integer", minimum: 1 },
  maxTokensPerRequest: { type: "integer", minimum: 1 },
  per: {
    enum: ["credential", "hour", "day", "month", "total"],
    description: "What the totals count over: `credential` unless given, for sessions `day`.",
  },
};

const order: Fields<OrderFormInput> = {
  model: nullable({ ...text, maxLength: 256, description: "The one model that it is for." }),
  models: nullable({ ...list({ ...text, maxLength: 256 }, "Model ids; one may end in `*`."), minItems: 1 }),
  endpoints: nullable({ ...list({ enum: GRANTABLE_ENDPOINTS }), minItems: 1 }),
  origins: nullable({ ...list({ type: "string", examples: ["https://app.example"] }, "Exact origins."), minItems: 1 }),
  features: nullable(list({ enum: FEATURES }, "What is refused unless it is named here.")),
  limits: nullable(schemaRef("Limits")),
  template: nullable({ ...text, maxLength: 256, description: "Name of a template that every request must follow." }),
  subject: nullable({ ...text, maxLength: 256, description: "Whom it speaks for; the issuing key unless given." }),
  jkt: nullable({
    type: "string",
    pattern: "^[A-Za-z0-9_-]{43}$",
    description: "Thumbprint of the key it is bound to.",
  }),
  ttl_seconds: nullable({ type: "integer", minimum: 1, maximum: 86_400, default: 600 }),
  logging: nullable(whole({ project_name: { ...text, maxLength: 256 } })),
};

const issued: Fields<IssuedCredential> = {
  key: { type: "string", description: "The credential: a JSON Web Token." },
  expires_at: seconds,
  token_type: { enum: ["Bearer", "DPoP"], description: "How it is sent in `Authorization`." },
  subject: { type: "string" },
};

const revocations = [
  whole({ jti: { ...text, maxLength: 256, description: "One credential." } }),
  whole({ subject: { ...text, maxLength: 256, description: "All of a subject's." } }),
  whole({ all: { const: true, description: "All of the organisation's." } }),
];

/** Schemas of temporary credentials. */
export const CREDENTIAL_SCHEMAS: Readonly<Record<string, Schema>> = {
  Limits: { ...closed(limits), minProperties: 1 },
  CredentialOrder: closed(order),
  IssuedCredential: whole(issued),
  SessionRequest: closed({
    template: nullable({ ...text, description: "Name of a template of the organisation." }),
    token: nullable({ ...text, description: "A challenge's token, where it is not in `Authorization`." }),
  }),
  Revocation: { oneOf: revocations },
  Revoked: whole({ revoked: schemaRef("Revocation"), revoked_at: seconds }),
};
