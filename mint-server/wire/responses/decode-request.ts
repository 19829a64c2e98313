import type { ResponseCreateParams } from "openai/resources/responses/responses";
import { type ChatRequest, EFFORTS, type Message, type OutputFormat, type Setting } from "../chat-request.ts";
import { defined } from "../openai/defined.ts";
import { type Ask, createAsk, refuseUnknown } from "../openai/read-fields.ts";
import { type Json, needList, needObject, needText, optionalNumber, optionalText } from "../read.ts";
import type { CallerCall } from "../wire-format.ts";
import { decodeInput } from "./decode-input.ts";
import { readTools } from "./decode-tools.ts";
import { echoOf } from "./echo.ts";
import { wrong } from "./wrong.ts";

/**
 * Fields that are understood. Of those that are not read below, `max_tool_calls` counts calls of hosted tools only; the
 * others change what an answer costs, or how its stream is padded. `truncation` allows an API to forget the beginning of a
 * conversation that is too long: where it cannot, that is an error and no other answer.
 */
const FIELDS: ReadonlySet<string> = new Set<keyof ResponseCreateParams>([
  ...(["model", "stream", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text"] as const),
  ...(["reasoning", "max_output_tokens", "temperature", "top_p", "top_logprobs", "include", "metadata"] as const),
  ...(["user", "safety_identifier", "prompt_cache_key", "service_tier", "store", "background"] as const),
  ...(["max_tool_calls", "truncation", "stream_options", "image"] as const),
  ...(["prompt_cache_options", "prompt_cache_retention"] as const),
]);

/** What only an API that keeps its answers can do, and what to do instead. */
const KEPT: Readonly<Record<string, string>> = {
  previous_response_id: "no answer of this id is kept here. Send the whole conversation in `input`.",
  conversation: "conversations are not kept here. Send the whole of it in `input`.",
  background: "answers are not kept here to be fetched later. Set `stream` instead.",
  prompt: "templates are not kept here. Send their text in `instructions` and `input`.",
};

/** A Responses body. @throws {FieldError} */
export function decodeRequest(body: Json, { model, stream }: CallerCall): ChatRequest {
  for (const [field, detail] of Object.entries(KEPT)) {
    if (body[field] != null && body[field] !== false) throw wrong(field, `: ${detail}`);
  }
  refuseUnknown(body, FIELDS);
  const asked = new Map<Setting, string>();
  const ask = createAsk(asked);
  const instructions = optionalText(body.instructions, "instructions");
  const system: Message[] = instructions ? [{ role: "system", parts: [{ kind: "text", text: instructions }] }] : [];
  return {
    model,
    stream,
    messages: [...system, ...decodeInput(body.input)],
    ...readTools(body, ask),
    ...readText(body.text, ask),
    ...readReasoning(body.reasoning, ask),
    ...readLogprobs(body, ask),
    ...readRest(body, ask),
    includeUsage: true,
    asked,
    echo: echoOf(body),
  };
}

function readRest(body: Json, ask: Ask) {
  const user = body.user == null ? "safety_identifier" : "user";
  const metadata = body.metadata == null ? {} : needObject(body.metadata, "metadata");
  const tier = optionalText(body.service_tier, "service_tier");
  const number = (setting: Setting, field: string) => ask(setting, field, optionalNumber(body[field], field));
  return defined({
    maxTokens: number("maxTokens", "max_output_tokens"),
    temperature: number("temperature", "temperature"),
    topP: number("topP", "top_p"),
    user: ask("user", user, optionalText(body[user], user)),
    metadata: Object.keys(metadata).length > 0 ? ask("metadata", "metadata", metadata) : undefined,
    serviceTier: tier === "auto" || tier === "default" ? undefined : ask("serviceTier", "service_tier", tier),
    promptCacheKey: ask("promptCacheKey", "prompt_cache_key", optionalText(body.prompt_cache_key, "prompt_cache_key")),
  });
}

const TEXT_FIELDS = new Set(["format", "verbosity"]);

function readText(value: unknown, ask: Ask) {
  if (value == null) return {};
  const text = needObject(value, "text");
  refuseUnknown(text, TEXT_FIELDS, "text");
  const verbosity = optionalText(text.verbosity, "text.verbosity");
  const output = text.format == null ? undefined : readFormat(needObject(text.format, "text.format"));
  return defined({
    output: output && ask(output.kind === "json" ? "jsonMode" : "jsonSchema", "text.format", output),
    verbosity: verbosity === "medium" ? undefined : ask("verbosity", "text.verbosity", verbosity),
  });
}

const FORMAT_FIELDS = new Set(["type", "name", "schema", "description", "strict"]);

function readFormat(format: Json): OutputFormat | undefined {
  const at = "text.format";
  refuseUnknown(format, FORMAT_FIELDS, at);
  if (format.type === "text") return undefined;
  if (format.type === "json_object") return { kind: "json" };
  if (format.type !== "json_schema") {
    throw wrong(`${at}.type`, " must be text, json_object or json_schema.");
  }
  return {
    kind: "schema",
    name: needText(format.name, `${at}.name`),
    schema: needObject(format.schema, `${at}.schema`),
    ...defined({
      description: optionalText(format.description, `${at}.description`),
      strict: typeof format.strict === "boolean" ? format.strict : undefined,
    }),
  };
}

/** `context` says which of its thoughts a model sees again: all that are sent, which is for the caller to choose. */
const REASONING_FIELDS = new Set(["effort", "summary", "generate_summary", "context", "mode"]);

function readReasoning(value: unknown, ask: Ask) {
  if (value == null) return {};
  const reasoning = needObject(value, "reasoning");
  refuseUnknown(reasoning, REASONING_FIELDS, "reasoning");
  const { mode = "standard" } = reasoning;
  if (mode !== "standard") throw wrong("reasoning.mode", " must be standard for this model.");
  const word = optionalText(reasoning.effort, "reasoning.effort");
  const effort = EFFORTS.find((known) => known === word);
  if (word !== undefined && !effort) {
    throw wrong("reasoning.effort", ` must be one of ${EFFORTS.join(", ")}.`);
  }
  const summary = reasoning.summary == null ? "generate_summary" : "summary";
  const show = optionalText(reasoning[summary], `reasoning.${summary}`) !== undefined;
  ask("reasoning", "reasoning.effort", effort);
  if (show) ask("reasoning", `reasoning.${summary}`, show);
  return effort || show ? { reasoning: { ...(effort && { effort }), ...(show && { show }) } } : {};
}

const LOGPROBS = "message.output_text.logprobs";
/** The first is always there; the others belong to hosted tools and to what OpenAI keeps, of which there is nothing here. */
const INCLUDABLE: ReadonlySet<unknown> = new Set([
  ...[
    "reasoning.encrypted_content",
    LOGPROBS,
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
  ],
  ...["file_search_call.results", "web_search_call.results", "web_search_call.action.sources"],
  "code_interpreter_call.outputs",
]);

function readLogprobs(body: Json, ask: Ask) {
  const include = body.include == null ? [] : needList(body.include, "include");
  const unknown = include.findIndex((name) => !INCLUDABLE.has(name));
  if (unknown >= 0) throw wrong(`include[${unknown}]`, " is nothing that is known.");
  const topLogprobs = optionalNumber(body.top_logprobs, "top_logprobs") || undefined;
  const field = include.includes(LOGPROBS) ? "include" : "top_logprobs";
  if (field === "top_logprobs" && topLogprobs === undefined) return {};
  return { logprobs: ask("logprobs", field, true) ?? true, ...defined({ topLogprobs }) };
}
