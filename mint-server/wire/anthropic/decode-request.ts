import type { ChatRequest, OutputFormat, ReasoningWish } from "../chat-request.ts";
import { EFFORTS } from "../chat-request.ts";
import {
  FieldError,
  isObject,
  type Json,
  needList,
  needObject,
  needText,
  optionalNumber,
  optionalText,
} from "../read.ts";
import type { CallerCall } from "../wire-format.ts";
import { type Asked, unknownField } from "./asked.ts";
import { decodeMessages } from "./decode-messages.ts";
import { decodeToolChoice, decodeTools } from "./decode-tools.ts";

/** Fields that are read here, by what they ask for. */
const NUMBERS = { max_tokens: "maxTokens", temperature: "temperature", top_p: "topP", top_k: "topK" } as const;

/** Fields that ask Anthropic's servers for more than an answer. */
const HOSTED = [
  "billing_policy",
  "compaction",
  "container",
  "context_management",
  "fallback_credit_token",
  "fallbacks",
  "inference_geo",
  "mcp_servers",
  "thread",
];

/** Fields that change nothing in the answer, or that are read elsewhere. */
const HARMLESS = ["model", "stream", "cache_control", "diagnostics", "anthropic_version", "anthropic_beta", "betas"];

const READ = new Set([
  ...Object.keys(NUMBERS),
  ...HOSTED,
  ...HARMLESS,
  ..."messages metadata output_config output_format service_tier speed stop_sequences".split(" "),
  ..."system thinking tool_choice tools".split(" "),
]);

/** @throws {FieldError} at the first field that is wrong or unknown. */
export function decodeRequest(body: Json, { model, stream }: CallerCall): ChatRequest {
  for (const field in body) if (!READ.has(field) && body[field] != null) throw unknownField(field);
  if (body.max_tokens == null) throw new FieldError("max_tokens", "`max_tokens` is missing.");
  const asked: Asked = new Map();
  for (const field of HOSTED) if (isAsked(body[field])) asked.set("hostedTools", field);
  const messages = decodeMessages(body, asked);
  const tools = decodeTools(body.tools, asked);
  const choice = decodeToolChoice(body.tool_choice, tools.length, asked);
  const output = decodeOutput(body, asked);
  const reasoning = decodeReasoning(body, asked);
  return {
    model,
    stream,
    messages,
    tools,
    ...choice,
    ...(output && { output }),
    ...(reasoning && { reasoning }),
    ...decodeNumbers(body, asked),
    ...decodeStop(body.stop_sequences, asked),
    ...decodeUser(body.metadata, asked),
    ...decodeTier(body, asked),
    includeUsage: true,
    asked,
  };
}

function isAsked(value: unknown): boolean {
  return value != null && !(Array.isArray(value) && value.length === 0);
}

function decodeNumbers(body: Json, asked: Asked): Partial<Record<(typeof NUMBERS)[keyof typeof NUMBERS], number>> {
  const found: Partial<Record<(typeof NUMBERS)[keyof typeof NUMBERS], number>> = {};
  for (const field of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const value = optionalNumber(body[field], field);
    if (value === undefined) continue;
    found[NUMBERS[field]] = value;
    asked.set(NUMBERS[field], field);
  }
  return found;
}

function decodeStop(value: unknown, asked: Asked): { readonly stop?: readonly string[] } {
  if (value == null) return {};
  const stop = needList(value, "stop_sequences").map((item, index) => needText(item, `stop_sequences[${index}]`));
  if (stop.length === 0) return {};
  asked.set("stop", "stop_sequences");
  return { stop };
}

function decodeUser(value: unknown, asked: Asked): { readonly user?: string } {
  if (value == null) return {};
  const metadata = needObject(value, "metadata");
  for (const key in metadata) if (key !== "user_id") throw unknownField(`metadata.${key}`);
  const user = optionalText(metadata.user_id, "metadata.user_id");
  if (user === undefined) return {};
  asked.set("user", "metadata.user_id");
  return { user };
}

function decodeTier({ service_tier, speed }: Json, asked: Asked): { readonly serviceTier?: string } {
  const serviceTier = optionalText(service_tier, "service_tier");
  if (optionalText(speed, "speed") === "fast") asked.set("serviceTier", "speed");
  if (serviceTier === undefined || serviceTier === "auto") return {};
  asked.set("serviceTier", "service_tier");
  return { serviceTier };
}

function decodeOutput({ output_config, output_format }: Json, asked: Asked): OutputFormat | undefined {
  const config = output_config == null ? {} : needObject(output_config, "output_config");
  // A task's budget is advice.
  const known = ["effort", "format", "task_budget"];
  for (const key in config) if (!known.includes(key)) throw unknownField(`output_config.${key}`);
  const at = config.format == null ? "output_format" : "output_config.format";
  const value = config.format ?? output_format;
  if (value == null) return undefined;
  const format = needObject(value, at);
  if (format.type !== "json_schema") throw new FieldError(`${at}.type`, `\`${at}.type\` must be "json_schema".`);
  asked.set("jsonSchema", at);
  return { kind: "schema", name: "answer", schema: needObject(format.schema, `${at}.schema`), strict: true };
}

function decodeReasoning({ thinking, output_config }: Json, asked: Asked): ReasoningWish | undefined {
  const effort = isObject(output_config) ? decodeEffort(output_config.effort) : undefined;
  if (effort) asked.set("reasoning", "output_config.effort");
  if (thinking == null) return effort && { effort };
  const { type, budget_tokens, display } = needObject(thinking, "thinking");
  const shown = optionalText(display, "thinking.display");
  const show = shown === undefined ? {} : { show: shown !== "omitted" };
  asked.set("reasoning", "thinking");
  switch (type) {
    case "disabled":
    case "between_tools":
      return { effort: "none" };
    case "adaptive":
      return { ...(effort ? { effort } : { budgetTokens: -1 }), ...show };
    case "enabled": {
      const budgetTokens = optionalNumber(budget_tokens, "thinking.budget_tokens");
      if (budgetTokens === undefined)
        throw new FieldError("thinking.budget_tokens", "`thinking.budget_tokens` is missing.");
      // Models that are told so show their thoughts unless told otherwise.
      return { budgetTokens, show: true, ...show };
    }
    default:
      throw new FieldError(
        "thinking.type",
        '`thinking.type` must be "enabled", "adaptive", "between_tools" or "disabled".',
      );
  }
}

function decodeEffort(value: unknown): ReasoningWish["effort"] {
  const text = optionalText(value, "output_config.effort");
  if (text === undefined) return undefined;
  const effort = EFFORTS.find((word) => word === text);
  if (!effort)
    throw new FieldError(
      "output_config.effort",
      "`output_config.effort` must be one of low, medium, high, xhigh and max.",
    );
  return effort;
}
