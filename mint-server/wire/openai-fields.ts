/** JSON types of a field; `null` is taken wherever a field is optional, as OpenAI's API does. */
type Kind = "string" | "boolean" | "number" | "integer" | "array" | "object" | "text or list" | "text or object";

interface Fields {
  readonly required: Readonly<Record<string, Kind>>;
  readonly optional: Readonly<Record<string, Kind>>;
}

/** Fields that mean the same wherever they occur. Fields that are not listed are the provider's to judge. */
const COMMON: Readonly<Record<string, Kind>> = {
  stream: "boolean",
  temperature: "number",
  top_p: "number",
  n: "integer",
  seed: "integer",
  stop: "text or list",
  user: "string",
  store: "boolean",
  background: "boolean",
  service_tier: "string",
  max_tokens: "integer",
  max_completion_tokens: "integer",
  max_output_tokens: "integer",
  presence_penalty: "number",
  frequency_penalty: "number",
  logit_bias: "object",
  metadata: "object",
  tools: "array",
  tool_choice: "text or object",
  parallel_tool_calls: "boolean",
  response_format: "text or object",
  stream_options: "object",
  top_logprobs: "integer",
  reasoning_effort: "string",
  previous_response_id: "string",
};

const chat: Fields = { required: { messages: "array" }, optional: { ...COMMON, logprobs: "boolean" } };
const completions: Fields = {
  required: { prompt: "text or list" },
  optional: { ...COMMON, echo: "boolean", suffix: "string" },
};
const input: Fields = { required: { input: "text or list" }, optional: COMMON };

const FIELDS: Readonly<Record<string, Fields>> = {
  "chat/completions": chat,
  completions,
  embeddings: {
    required: { input: "text or list" },
    optional: { ...COMMON, dimensions: "integer", encoding_format: "string" },
  },
  moderations: input,
  responses: { required: {}, optional: { ...COMMON, input: "text or list", instructions: "text or list" } },
  "images/generations": { required: { prompt: "string" }, optional: COMMON },
  "audio/speech": { required: { input: "string" }, optional: { stream_format: "string", speed: "number" } },
};

/** A field that has the wrong type or is missing. */
export interface FieldProblem {
  readonly param: string;
  readonly detail: string;
}

/** The first field of an OpenAI request that has the wrong type, if any. */
export function checkFields(endpoint: string, body: Readonly<Record<string, unknown>>): FieldProblem | undefined {
  const fields = FIELDS[endpoint];
  if (!fields) return undefined;
  for (const [param, kind] of Object.entries(fields.required)) {
    const value = body[param];
    if (value === undefined || value === null) return { param, detail: `\`${param}\` is missing.` };
    if (!isKind(value, kind)) return wrongType(param, kind);
  }
  for (const param in body) {
    const kind = Object.hasOwn(fields.optional, param) ? fields.optional[param] : undefined;
    const value = body[param];
    if (kind !== undefined && value !== null && !isKind(value, kind)) return wrongType(param, kind);
  }
  return endpoint === "chat/completions" ? checkMessages(body.messages) : undefined;
}

function checkMessages(messages: unknown): FieldProblem | undefined {
  if (!Array.isArray(messages)) return undefined;
  if (messages.length === 0) return { param: "messages", detail: "`messages` is empty." };
  const index = messages.findIndex(
    (message) => typeof message !== "object" || message === null || typeof message.role !== "string",
  );
  return index < 0
    ? undefined
    : { param: `messages[${index}]`, detail: `\`messages[${index}]\` must be an object with a \`role\`.` };
}

function wrongType(param: string, kind: Kind): FieldProblem {
  return { param, detail: `\`${param}\` must be ${describeKind(kind)}.` };
}

function describeKind(kind: Kind): string {
  switch (kind) {
    case "array":
    case "integer":
    case "object":
      return `an ${kind}`;
    case "text or list":
      return "a string or an array";
    case "text or object":
      return "a string or an object";
    default:
      return `a ${kind}`;
  }
}

function isKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "integer":
      return Number.isSafeInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isPlainObject(value);
    case "text or list":
      return typeof value === "string" || Array.isArray(value);
    case "text or object":
      return typeof value === "string" || isPlainObject(value);
    default:
      return typeof value === kind;
  }
}

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
