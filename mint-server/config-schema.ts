import * as v from "valibot";
import { FEATURES } from "./contract/credential.ts";
import { limitsForm } from "./credentials/limits-form.ts";

const text = v.pipe(v.string(), v.minLength(1));
const positive = v.pipe(v.number(), v.minValue(0));

const customModel = v.strictObject({
  flavor: v.picklist(["chat", "completion"]),
  format: v.picklist(["openai", "anthropic", "google", "window", "js"]),
  multimodal: v.optional(v.boolean()),
  inputCostPerMillionTokens: v.optional(positive),
  outputCostPerMillionTokens: v.optional(positive),
  cacheReadCostPerMillionTokens: v.optional(positive),
  cacheWriteCostPerMillionTokens: v.optional(positive),
  contextTokens: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
});

const azure = v.strictObject({
  apiVersion: v.optional(text),
  deployments: v.optional(v.record(text, text)),
});

const aws = v.strictObject({
  region: v.optional(text),
  accessKeyId: v.optional(text),
  secretAccessKey: v.optional(text),
  sessionToken: v.optional(text),
});

const google = v.strictObject({
  project: v.optional(text),
  location: v.optional(text),
  serviceAccount: v.optional(v.union([text, v.record(v.string(), v.unknown())])),
  accessToken: v.optional(text),
});

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const seconds = v.pipe(v.number(), v.gtValue(0), v.maxValue(86_400));

const timeouts = v.strictObject({
  firstByteSeconds: v.optional(seconds),
  idleSeconds: v.optional(seconds),
  totalSeconds: v.optional(seconds),
});

const breaker = v.strictObject({
  failuresInARow: v.optional(whole),
  failureShare: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
  leastRequests: v.optional(whole),
  windowSeconds: v.optional(seconds),
  probeAfterSeconds: v.optional(seconds),
  quarantineSeconds: v.optional(seconds),
});

const endpoint = v.strictObject({
  name: text,
  provider: text,
  apiKey: v.optional(text),
  baseURL: v.optional(text),
  models: v.optional(v.array(text)),
  weight: v.optional(v.pipe(v.number(), v.gtValue(0))),
  priority: v.optional(v.pipe(v.number(), v.safeInteger())),
  timeouts: v.optional(timeouts),
  breaker: v.optional(breaker),
  headers: v.optional(v.record(text, v.string())),
  supportsStreaming: v.optional(v.boolean()),
  passesTrace: v.optional(v.boolean()),
  organization: v.optional(text),
  auth: v.optional(v.picklist(["bearer", "api-key", "none"])),
  customModels: v.optional(v.record(text, customModel)),
  azure: v.optional(azure),
  aws: v.optional(aws),
  google: v.optional(google),
});

const oidc = v.strictObject({
  type: v.literal("oidc"),
  issuer: text,
  audience: text,
  jwksURL: v.optional(text),
});

const anonymous = v.strictObject({ type: v.literal("anonymous") });

const turnstile = v.strictObject({
  type: v.literal("turnstile"),
  secretKey: text,
  hostnames: v.optional(v.pipe(v.array(text), v.minLength(1))),
  verifyURL: v.optional(text),
});

const callback = v.strictObject({
  type: v.literal("callback"),
  url: text,
  forward: v.optional(v.pipe(v.array(v.picklist(["cookie", "authorization"])), v.minLength(1))),
});

const rule = v.variant("type", [anonymous, oidc, turnstile, callback]);
const decider = v.function();
/** Not a union, whose errors name no field. */
const authorize = v.lazy((input): typeof rule | typeof decider => (typeof input === "function" ? decider : rule));

const sessions = v.strictObject({
  authorize,
  ttlSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86400))),
  models: v.optional(v.array(text)),
  endpoints: v.optional(v.array(text)),
  features: v.optional(v.array(v.picklist(FEATURES))),
  limits: v.optional(limitsForm),
  templates: v.optional(v.pipe(v.array(text), v.minLength(1))),
  rate: v.optional(v.strictObject({ perMinute: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) })),
});

const template = v.strictObject({
  endpoint: text,
  body: v.record(text, v.unknown()),
  allow: v.optional(v.array(text)),
});

const SHARDS = "must be a whole number from 1 to 16";
const shards = v.pipe(v.number(SHARDS), v.safeInteger(SHARDS), v.minValue(1, SHARDS), v.maxValue(16, SHARDS));

const org = v.strictObject({
  keys: v.optional(v.array(text)),
  origins: v.optional(v.array(text)),
  cache: v.optional(v.picklist(["subject", "org"])),
  endpoints: v.optional(v.array(endpoint)),
  sessions: v.optional(sessions),
  limits: v.optional(limitsForm),
  ledgerShards: v.optional(shards),
  templates: v.optional(v.record(text, template)),
  logging: v.optional(v.strictObject({ content: v.optional(v.boolean()) })),
});

/** The shape of `MINT_CONFIG`. Unknown fields are refused by name. */
export const mintConfigSchema = v.strictObject({ orgs: v.record(text, org) });

export type OrgConfig = v.InferOutput<typeof org>;
export type EndpointConfig = v.InferOutput<typeof endpoint>;
export type AwsConfig = v.InferOutput<typeof aws>;
export type GoogleConfig = v.InferOutput<typeof google>;
export type OptionsConfig = v.InferOutput<typeof azure> & AwsConfig & GoogleConfig;
export type SessionsConfig = v.InferOutput<typeof sessions>;
export type TemplateConfig = v.InferOutput<typeof template>;
export type MintConfig = v.InferOutput<typeof mintConfigSchema>;
