import type {
  FunctionTool,
  ResponseCreateParamsBase,
  ResponseFormatTextConfig,
  ResponseIncludable,
} from "openai/resources/responses/responses";
import { type ChatRequest, type Effort, effortOf, type Tool } from "../chat-request.ts";
import { defined } from "../openai/defined.ts";
import { kindOf, type ModelKind, nearestEffort } from "../openai/model-kind.ts";
import { supports } from "../support.ts";
import { encodeInput } from "./encode-input.ts";
import { wrong } from "./wrong.ts";

/** Of what Chat Completions has and this API has not, chances are dropped; what shapes an answer is refused. */
export const SUPPORT = supports(
  [
    ...(["maxTokens", "temperature", "topP", "logprobs", "tools", "toolChoice", "singleToolCall"] as const),
    ...(["strictTools", "jsonMode", "jsonSchema", "reasoning", "verbosity", "user", "metadata"] as const),
    ...(["serviceTier", "promptCacheKey", "store"] as const),
  ],
  ["topK", "seed", "presencePenalty", "frequencyPenalty", "prediction"],
);

const TIERS: readonly (string | undefined)[] = ["auto", "default", "flex", "scale", "priority", "fast"];
const VERBOSITIES: readonly (string | undefined)[] = ["low", "medium", "high"];

/** A Responses body. Nothing is stored unless the caller asked for it. @throws {FieldError} */
export function encodeRequest(request: ChatRequest): Record<string, unknown> {
  const { model, stream, serviceTier } = request;
  const kind = kindOf(model);
  return defined({
    model,
    input: encodeInput(request),
    ...(stream && { stream }),
    store: request.asked.has("store"),
    include: includeOf(request, kind),
    ...encodeThinking(request, kind),
    ...encodeTools(request),
    text: encodeText(request),
    max_output_tokens: request.maxTokens,
    top_logprobs: request.topLogprobs,
    user: request.user,
    metadata: request.metadata && textsOf(request.metadata),
    service_tier: TIERS.includes(serviceTier) ? (serviceTier as "auto") : undefined,
    prompt_cache_key: request.promptCacheKey,
  } satisfies { [K in keyof ResponseCreateParamsBase]?: ResponseCreateParamsBase[K] | undefined });
}

/** OpenAI's models that do not think refuse to be asked for their thoughts. */
function includeOf({ logprobs }: ChatRequest, { own, efforts }: ModelKind): ResponseIncludable[] {
  const thoughts = !own || efforts.length > 0;
  return [
    ...(thoughts ? (["reasoning.encrypted_content"] as const) : []),
    ...(logprobs ? (["message.output_text.logprobs"] as const) : []),
  ];
}

/** How much to think, and what steers the choice of words, which a model that thinks refuses. */
function encodeThinking(
  { model, reasoning = {}, temperature, topP }: ChatRequest,
  { own, thinks, efforts }: ModelKind,
) {
  const wanted = effortOf(reasoning);
  const effort = own ? nearestEffort(effortsOf(model, efforts), wanted) : wanted;
  const steered = !own || (effort === undefined ? !thinks : effort === "none");
  const summary = reasoning.show && effort !== "none" && (!own || efforts.length > 0) ? "auto" : undefined;
  return {
    reasoning: effort || summary ? { ...(effort && { effort }), ...(summary && { summary }) } : undefined,
    ...(steered && { temperature, top_p: topP }),
  } satisfies { [K in keyof ResponseCreateParamsBase]?: ResponseCreateParamsBase[K] | undefined };
}

/** The first of its kind knows one effort only. */
function effortsOf(model: string, efforts: readonly Effort[]): readonly Effort[] {
  return /^(openai\/)?gpt-5-pro/.test(model) ? ["high"] : efforts;
}

function encodeText({ output, verbosity }: ChatRequest): ResponseCreateParamsBase["text"] | undefined {
  const spoken = VERBOSITIES.includes(verbosity) ? { verbosity: verbosity as "low" } : {};
  const format = output && { format: encodeFormat(output) };
  return format || verbosity ? { ...format, ...spoken } : undefined;
}

function encodeFormat(output: NonNullable<ChatRequest["output"]>): ResponseFormatTextConfig {
  if (output.kind === "json") return { type: "json_object" };
  const { kind: _, strict = false, ...rest } = output;
  return { type: "json_schema", ...rest, strict };
}

function encodeTools({ tools, toolChoice, parallelToolCalls }: ChatRequest) {
  if (tools.length === 0) return {};
  return {
    tools: tools.map(encodeTool),
    tool_choice: encodeChoice(toolChoice),
    parallel_tool_calls: parallelToolCalls,
  };
}

/** A schema is strict here unless it says that it is not. */
function encodeTool(tool: Tool): FunctionTool {
  if (tool.kind === "hosted") {
    throw wrong(tool.at, `: this model has no tool ${JSON.stringify(tool.type)} of its own.`);
  }
  const { name, description, parameters = { type: "object", properties: {} }, strict = false } = tool;
  return { type: "function", name, ...defined({ description }), parameters: { ...parameters }, strict };
}

function encodeChoice(choice: ChatRequest["toolChoice"]): ResponseCreateParamsBase["tool_choice"] | undefined {
  if (!choice) return undefined;
  switch (choice.kind) {
    case "function":
      return { type: "function", name: choice.name };
    case "allowed": {
      const tools = choice.names.map((name) => ({ type: "function", name }));
      return { type: "allowed_tools", mode: choice.required ? "required" : "auto", tools };
    }
    default:
      return choice.kind;
  }
}

/** The API takes texts only. */
function textsOf(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(entries);
}
