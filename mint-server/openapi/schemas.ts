import type { ErrorBody } from "../contract/openai-error.ts";
import { ADMIN_SCHEMAS } from "./admin-schemas.ts";
import { CREDENTIAL_SCHEMAS } from "./credential-schemas.ts";
import { closed, type Fields, list, nullable, type Schema, schemaRef, seconds, text, whole } from "./schema.ts";

const price = nullable({ type: "number", description: "US dollars; null where no price is known." });

const error: Fields<ErrorBody["error"]> = {
  message: { type: "string" },
  type: { type: "string", examples: ["invalid_request_error", "permission_error", "upstream_error"] },
  param: nullable({ type: "string", description: "The field or header that is to blame." }),
  code: nullable({ type: "string", description: "What went wrong, in a word.", examples: ["insufficient_scope"] }),
};

const model: Readonly<Record<string, Schema>> = {
  id: text,
  object: { const: "model" },
  created: { type: "integer" },
  owned_by: { type: "string" },
  format: { enum: ["openai", "anthropic", "google", "window", "js"] },
  flavor: { enum: ["chat", "completion"] },
  providers: list({ type: "string" }),
  input_cost_per_million_tokens: price,
  output_cost_per_million_tokens: price,
  multimodal: { type: "boolean" },
};

const counted: Readonly<Record<string, Schema>> = {
  requests: { type: "integer" },
  tokens: { type: "integer" },
  usd: { type: "number" },
};

/** What this instance has seen of an organisation. */
const instance = whole({
  realtime: whole({
    open: { type: "integer", description: "Sessions under way; the other numbers are of those that are over." },
    sessions: { type: "integer" },
    seconds: { type: "number" },
    tokens: { type: "integer" },
    usd: { type: "number" },
  }),
  health: list(
    whole({
      endpoint: text,
      model: text,
      state: { enum: ["closed", "open", "half-open", "quarantined"] },
      until: nullable({ type: "string", format: "date-time" }),
      failures_in_a_row: { type: "integer" },
      first_byte_ms: nullable({ type: "integer" }),
      seen_by: { enum: ["instance", "answers"] },
    }),
  ),
});

const used = whole({
  of: { enum: ["credential", "subject", "organisation"] },
  period: { type: "string", examples: ["day:2026-11-22"] },
  used: closed({ ...counted, realtime_seconds: { type: "number" } }),
  limit: closed({ ...counted, requests_per_minute: { type: "integer" }, realtime_seconds: { type: "number" } }),
});

/** A provider's own request or answer, which passes as it is. */
const anything: Schema = { type: "object", additionalProperties: true };

/** Every schema that is the mint-server's own, by name. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...CREDENTIAL_SCHEMAS,
  ...ADMIN_SCHEMAS,
  Error: whole({ error: whole(error) }),
  AnthropicError: whole({ type: { const: "error" }, error: { ...whole(error), additionalProperties: true } }),
  GoogleError: whole({
    error: whole({
      code: { type: "integer", description: "The status." },
      message: { type: "string" },
      status: { type: "string", examples: ["INVALID_ARGUMENT"] },
      details: list(anything, "One, whose `metadata` has our `code` and `param`."),
    }),
  }),
  Model: closed({ ...model, realtime: { const: true } }, Object.keys(model)),
  ModelList: whole({ object: { const: "list" }, data: list(schemaRef("Model")) }),
  Usage: whole({ object: { const: "usage" }, subject: { type: "string" }, data: list(used) }),
  CountedUsage: whole({
    object: { const: "usage" },
    org: text,
    subject: nullable(text),
    day: { type: "string", format: "date" },
    used: whole({ ...counted, realtime_seconds: { type: "number" } }),
    instance,
  }),
  ClientSecret: whole({ value: { type: "string", pattern: "^ek_" }, expires_at: seconds, session: anything }),
  LiveOffer: whole({
    session: { type: "object", properties: { model: text }, additionalProperties: true },
    transport: whole({ type: { const: "webrtc" }, sdp: { type: "string", pattern: "^v=0" } }),
  }),
  LiveAnswer: whole({
    session: whole({ id: text }),
    transport: whole({ type: { const: "webrtc" }, sdp: text }),
  }),
  Health: whole({ ok: { const: true }, version: { type: "string" } }),
  PublicKeys: whole({ keys: list(anything, "JSON Web Keys (RFC 7517).") }),
  Anything: anything,
};
