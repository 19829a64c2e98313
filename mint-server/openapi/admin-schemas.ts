import type { EndpointConfig, OrgConfig, SessionsConfig, TemplateConfig } from "../config-schema.ts";
import { FEATURES } from "../contract/credential.ts";
import { closed, type Fields, list, nullable, type Schema, schemaRef, seconds, text, whole } from "./schema.ts";

const names = list(text);
const anything: Schema = { type: "object", additionalProperties: true };
const mapOf = (values: Schema): Schema => ({ type: "object", additionalProperties: values });
const secret: Schema = { ...text, description: "A secret, or the mark `sealed:…` of the one that is stored." };

const endpoint: Fields<EndpointConfig> = {
  name: text,
  provider: text,
  apiKey: secret,
  baseURL: text,
  models: names,
  weight: { type: "number", exclusiveMinimum: 0 },
  priority: { type: "integer" },
  timeouts: anything,
  breaker: anything,
  headers: mapOf({ type: "string" }),
  supportsStreaming: { type: "boolean" },
  passesTrace: { type: "boolean" },
  organization: text,
  auth: { enum: ["bearer", "api-key", "none"] },
  customModels: mapOf(anything),
  azure: anything,
  aws: anything,
  google: anything,
};

const sessions: Fields<SessionsConfig> = {
  authorize: {
    type: "object",
    properties: { type: { enum: ["anonymous", "oidc", "turnstile", "callback"] } },
    required: ["type"],
    additionalProperties: true,
  },
  ttlSeconds: { type: "integer", minimum: 1, maximum: 86_400 },
  models: names,
  endpoints: names,
  features: list({ enum: FEATURES }),
  limits: schemaRef("Limits"),
  templates: { ...names, minItems: 1 },
  rate: whole({ perMinute: { type: "integer", minimum: 1 } }),
};

const template: Fields<TemplateConfig> = { endpoint: text, body: anything, allow: names };

/** A stored organisation has one ledger. */
const org: Fields<Omit<OrgConfig, "ledgerShards">> = {
  keys: list(text, "Project keys, or the marks of those that are stored."),
  origins: names,
  cache: { enum: ["subject", "org"] },
  endpoints: list(closed(endpoint, ["name", "provider"])),
  sessions: closed(sessions, ["authorize"]),
  limits: schemaRef("Limits"),
  templates: mapOf(closed(template, ["endpoint", "body"])),
  logging: closed({ content: { type: "boolean" } }),
};

const listed = closed(
  {
    name: text,
    source: { enum: ["settings", "directory"] },
    secret: { enum: ["current", "older", "removed"], description: "The one it is sealed under." },
    created_at: seconds,
    updated_at: seconds,
  },
  ["name", "source"],
);

const page = (items: Schema): Schema =>
  whole({ object: { const: "list" }, data: list(items), has_more: { type: "boolean" } });

/** Schemas of the admin API. */
export const ADMIN_SCHEMAS: Readonly<Record<string, Schema>> = {
  Organisation: closed(org),
  OrganisationList: page(listed),
  Deleted: closed({ name: text, id: text, deleted: { const: true } }, ["deleted"]),
  ProjectKey: whole({ id: text, key: { ...text, description: "Shown this once." }, org: text, created_at: seconds }),
  AuditList: page(
    whole({
      id: { type: "integer" },
      at: seconds,
      actor: text,
      network: text,
      action: text,
      org: { type: "string" },
      detail: { type: "string" },
    }),
  ),
  Resealed: whole({
    resealed: names,
    unreadable: list(whole({ name: text, message: text })),
    keys: { enum: ["resealed", "unchanged", "discarded", "unreadable"] },
    next: nullable({ ...text, description: "To go on after; null: that was all." }),
  }),
};
