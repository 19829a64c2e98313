import { type ChatRequest, EFFORTS, type Effort, type OutputFormat, type Setting } from "../chat-request.ts";
import {
  FieldError,
  type Json,
  needList,
  needObject,
  needText,
  optionalBoolean,
  optionalNumber,
  optionalText,
} from "../read.ts";
import type { CallerCall } from "../wire-format.ts";
import { decodeMessages } from "./decode-messages.ts";
import { readTools } from "./decode-tools.ts";
import { defined } from "./defined.ts";
import { type Ask, createAsk, readIncludeUsage, readSampling, refuseUnknown } from "./read-fields.ts";

const FIELDS = new Set(
  (
    "messages model stream stream_options audio frequency_penalty logit_bias logprobs max_completion_tokens max_tokens " +
    "metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options " +
    "prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store temperature " +
    "tool_choice tools top_k top_logprobs top_p user verbosity web_search_options"
  ).split(" "),
);
const USE_TOOLS = { functions: "tools", function_call: "tool_choice" } as const;

/**
 * A Chat Completions request.
 *
 * @throws {FieldError} at the first field that is wrong or unknown.
 */
export function decodeRequest(body: Json, { model, stream }: CallerCall): ChatRequest {
  for (const [legacy, field] of Object.entries(USE_TOOLS)) {
    if (body[legacy] === undefined || body[legacy] === null) continue;
    throw new FieldError(legacy, `\`${legacy}\` is of an older API. Use \`${field}\` instead.`);
  }
  refuseUnknown(body, FIELDS);
  const asked = new Map<Setting, string>();
  const ask = createAsk(asked);
  const request = {
    model,
    stream,
    messages: decodeMessages(body.messages),
    ...readTools(body, ask),
    ...readSampling(body, ask),
    ...readOwn(body, ask),
    includeUsage: readIncludeUsage(body),
    asked,
  };
  noteWishes(body, ask);
  return request;
}

/** What only chat completions ask for. */
function readOwn(body: Json, ask: Ask) {
  const number = (setting: Setting, field: string) => ask(setting, field, optionalNumber(body[field], field));
  const text = (setting: Setting, field: string) => ask(setting, field, optionalText(body[field], field));
  const tier = optionalText(body.service_tier, "service_tier");
  const logprobs = optionalBoolean(body.logprobs, "logprobs") || undefined;
  return defined({
    maxTokens: number("maxTokens", "max_completion_tokens") ?? number("maxTokens", "max_tokens"),
    topK: number("topK", "top_k"),
    logprobs: ask("logprobs", "logprobs", logprobs),
    topLogprobs: number("logprobs", "top_logprobs"),
    verbosity: text("verbosity", "verbosity"),
    // The newer name of `user`, which it goes before.
    user: text("user", "safety_identifier"),
    promptCacheKey: text("promptCacheKey", "prompt_cache_key"),
    serviceTier: ask("serviceTier", "service_tier", tier === "auto" ? undefined : tier),
    metadata: ask("metadata", "metadata", readMetadata(body.metadata)),
    reasoning: ask("reasoning", "reasoning_effort", readReasoning(body.reasoning_effort)),
    output: readOutput(body.response_format, ask),
  });
}

/** What is asked for but has no value of its own in a neutral request. */
function noteWishes(body: Json, ask: Ask): void {
  const modalities = body.modalities == null ? [] : needList(body.modalities, "modalities");
  if (modalities.includes("audio")) ask("audioOutput", "modalities", true);
  if (optionalBoolean(body.store, "store")) ask("store", "store", true);
  const objects = [
    ["audio", "audioOutput"],
    ["prediction", "prediction"],
    ["web_search_options", "hostedTools"],
    ["prompt_cache_options", "promptCacheKey"],
  ] as const;
  for (const [field, setting] of objects) {
    if (body[field] != null) ask(setting, field, needObject(body[field], field));
  }
  const retention = "prompt_cache_retention";
  ask("promptCacheKey", retention, optionalText(body[retention], retention));
}

function readMetadata(value: unknown): ChatRequest["metadata"] {
  if (value === undefined || value === null) return undefined;
  const metadata = needObject(value, "metadata");
  for (const [name, text] of Object.entries(metadata)) needText(text, `metadata.${name}`);
  return Object.keys(metadata).length > 0 ? metadata : undefined;
}

function readReasoning(value: unknown): ChatRequest["reasoning"] {
  const effort = optionalText(value, "reasoning_effort");
  if (effort === undefined) return undefined;
  if (isEffort(effort)) return { effort };
  throw new FieldError("reasoning_effort", `\`reasoning_effort\` must be one of ${EFFORTS.join(", ")}.`);
}

function isEffort(word: string): word is Effort {
  return (EFFORTS as readonly string[]).includes(word);
}

function readOutput(value: unknown, ask: Ask): OutputFormat | undefined {
  if (value === undefined || value === null) return undefined;
  const format = needObject(value, "response_format");
  switch (format.type) {
    case "text":
      return undefined;
    case "json_object":
      return ask("jsonMode", "response_format", { kind: "json" });
    case "json_schema": {
      const at = "response_format.json_schema";
      const { name, schema, description, strict } = needObject(format.json_schema, at);
      return ask("jsonSchema", "response_format", {
        kind: "schema",
        name: needText(name, `${at}.name`),
        schema: schema == null ? {} : needObject(schema, `${at}.schema`),
        ...defined({
          description: optionalText(description, `${at}.description`),
          strict: optionalBoolean(strict, `${at}.strict`),
        }),
      });
    }
    default:
      throw new FieldError(
        "response_format.type",
        "`response_format.type` must be text, json_object or json_schema here.",
      );
  }
}
