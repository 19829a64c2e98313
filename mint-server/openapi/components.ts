import { HEADER } from "../contract/headers.ts";
import { type AnswerHeader, HEADER_NAMES } from "./operation.ts";
import { inHeader } from "./parameters.ts";
import type { Schema } from "./schema.ts";
import { SCHEMAS } from "./schemas.ts";

const mode = { enum: ["auto", "always", "never"], default: "auto" };

const PARAMETERS: Readonly<Record<string, Schema>> = {
  OrgName: inHeader(HEADER.orgName, "Picks an organisation, where the key belongs to several."),
  EndpointName: inHeader(HEADER.endpointName, "Picks an endpoint by its name."),
  UseCache: inHeader(HEADER.useCache, "Whether the answer may come from the cache, and be kept there.", mode),
  CacheTtl: inHeader(HEADER.cacheTtl, "Seconds for which the answer is kept.", {
    type: "integer",
    minimum: 1,
    maximum: 604_800,
  }),
  UseCredsCache: inHeader(
    HEADER.useCredsCache,
    "Whether a stored organisation may come from the instance's cache.",
    mode,
  ),
  Parent: inHeader(HEADER.parent, "Where the call's trace is filed, unless its credential says."),
  IdempotencyKey: inHeader("Idempotency-Key", "Names the request, so that its answer can be come back for.", {
    type: "string",
    pattern: "^[ -~]{1,255}$",
  }),
  Hold: inHeader(HEADER.hold, "Seconds for which the answer goes on while nobody reads it.", {
    type: "number",
    minimum: 0,
    maximum: 60,
    default: 10,
  }),
  Position: inHeader(HEADER.position, "Bytes of the answer's body that the caller has: it goes on behind them.", {
    type: "integer",
    minimum: 0,
    default: 0,
  }),
  Completeness: inHeader(HEADER.completeness, "`caller`: the caller checks itself that a stream is complete.", {
    const: "caller",
  }),
};

const ANSWER_HEADERS: Readonly<Record<AnswerHeader, Schema>> = {
  Cached: { description: "Where caching applies.", schema: { enum: ["HIT", "MISS"] } },
  Age: { description: "With a hit: seconds since the answer was made.", schema: { type: "integer" } },
  UsedEndpoint: { description: "Name of the endpoint that answered.", schema: { type: "string" } },
  Source: {
    description: "Where the answer came from.",
    schema: { enum: ["upstream", "edge-cache", "browser-cache", "device"] },
  },
  Remaining: {
    description: "What a credential's limits leave.",
    schema: { type: "string", examples: ["usd=0.0931, tokens=1200, requests=8"] },
  },
  PositionOfAnswer: { description: "The byte at which this body begins.", schema: { type: "integer" } },
  ServerTiming: { description: "`auth`, `cache` and `upstream`, in milliseconds.", schema: { type: "string" } },
  DpopNonce: { description: "The nonce of the next proof.", schema: { type: "string" } },
  RetryAfter: { description: "Seconds to wait.", schema: { type: "string" } },
  RequestId: { description: "The provider's name of the request.", schema: { type: "string" } },
  Location: { description: "Path that names the call.", schema: { type: "string" } },
};

const bearer = (description: string): Schema => ({ type: "http", scheme: "bearer", description });
const keyIn = (name: string, description: string): Schema => ({ type: "apiKey", in: "header", name, description });

const SECURITY_SCHEMES: Readonly<Record<string, Schema>> = {
  bearer: bearer("A provider's key, a project key, or a temporary credential that is bound to no key."),
  dpop: { type: "http", scheme: "DPoP", description: "A temporary credential that is bound to a key (RFC 9449)." },
  dpopProof: keyIn("DPoP", "A proof of that key, made for this request (RFC 9449)."),
  xApiKey: keyIn("x-api-key", "The same as `bearer`, as Anthropic's SDK sends it."),
  xGoogApiKey: keyIn("x-goog-api-key", "The same as `bearer`, as Google's SDK sends it."),
  adminKey: bearer("The server's `ADMIN_KEY`."),
  metricsKey: bearer("The server's `METRICS_KEY`."),
};

const ERRORS = ["Error", "AnthropicError", "GoogleError"];

/** What several operations refer to. */
export const COMPONENTS: Schema = {
  schemas: SCHEMAS,
  parameters: PARAMETERS,
  headers: ANSWER_HEADERS,
  securitySchemes: SECURITY_SCHEMES,
  responses: Object.fromEntries(ERRORS.map((name) => [name, failure(name)])),
};

function failure(name: string): Schema {
  return {
    description: "What went wrong. `code` tells it in a word; a provider's own error keeps its words and its code.",
    headers: { [HEADER_NAMES.RetryAfter]: { $ref: "#/components/headers/RetryAfter" } },
    content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
  };
}
