import type {
  ChatCompletionCreateParamsBase,
  ChatCompletionFunctionTool,
  ChatCompletionToolChoiceOption,
} from "openai/resources/chat/completions/completions";
import { type ChatRequest, effortOf, type Tool } from "../chat-request.ts";
import { FieldError } from "../read.ts";
import { supports } from "../support.ts";
import type { Ways } from "../wire-format.ts";
import { defined } from "./defined.ts";
import { encodeMessages } from "./encode-messages.ts";
import { kindOf, type ModelKind, nearestEffort } from "./model-kind.ts";
import { renamed } from "./renamed.ts";

/**
 * Some of `sent` go to OpenAI's own models only: other makers refuse what they do not know. `metadata` is dropped since
 * OpenAI takes it together with `store` only.
 */
export const SUPPORT = supports(
  [
    ...([
      "maxTokens",
      "temperature",
      "topP",
      "stop",
      "seed",
      "choices",
      "presencePenalty",
      "frequencyPenalty",
    ] as const),
    ...(["logitBias", "logprobs", "tools", "toolChoice", "singleToolCall", "strictTools", "jsonMode"] as const),
    ...(["jsonSchema", "reasoning", "verbosity", "user", "serviceTier", "promptCacheKey"] as const),
  ],
  ["topK", "metadata", "store", "prediction"],
);

const TIERS: readonly (string | undefined)[] = ["auto", "default", "flex", "scale", "priority", "fast"];
const VERBOSITIES: readonly (string | undefined)[] = ["low", "medium", "high"];

/** A Chat Completions body. @throws {FieldError} for content that it has no place for. */
export function encodeRequest(request: ChatRequest, ways: Ways): Record<string, unknown> {
  const { model, stream } = request;
  const kind = kindOf(model);
  const body = defined({
    model,
    messages: encodeMessages(request, ways),
    ...(stream && { stream, stream_options: { include_usage: true } }),
    [kind.completionTokens ? "max_completion_tokens" : "max_tokens"]: request.maxTokens,
    ...encodeSampling(request, kind),
    stop: request.stop && [...request.stop],
    seed: request.seed,
    n: request.choices,
    ...encodeTools(request, kind),
    response_format: encodeOutput(request.output),
    user: request.user,
    ...(kind.own && encodeOwn(request, kind)),
  } satisfies { [K in keyof ChatCompletionCreateParamsBase]?: ChatCompletionCreateParamsBase[K] | undefined });
  return renamed(body, ways);
}

/** What steers the choice of words, which a model that thinks refuses. */
function encodeSampling(request: ChatRequest, { own, thinks, efforts }: ModelKind) {
  const reasoning_effort = nearestEffort(efforts, request.reasoning && effortOf(request.reasoning));
  const steered = !own || (reasoning_effort === undefined ? !thinks : reasoning_effort === "none");
  return {
    reasoning_effort,
    logit_bias: request.logitBias && { ...request.logitBias },
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
    ...(steered && {
      temperature: request.temperature,
      top_p: request.topP,
      presence_penalty: request.presencePenalty,
      frequency_penalty: request.frequencyPenalty,
    }),
  };
}

function encodeOutput(output: ChatRequest["output"]): ChatCompletionCreateParamsBase["response_format"] | undefined {
  if (!output) return undefined;
  if (output.kind === "json") return { type: "json_object" };
  const { kind: _, ...json_schema } = output;
  return { type: "json_schema", json_schema };
}

function encodeTools({ tools, toolChoice, parallelToolCalls }: ChatRequest, { own }: ModelKind) {
  // Without tools both fields that speak of them are refused.
  if (tools.length === 0) return {};
  const allowed = !own && toolChoice?.kind === "allowed" ? toolChoice.names : undefined;
  const offered = tools.map(encodeTool).filter(({ function: { name } }) => allowed?.includes(name) ?? true);
  return { tools: offered, tool_choice: encodeChoice(toolChoice, own), parallel_tool_calls: parallelToolCalls };
}

function encodeTool(tool: Tool): ChatCompletionFunctionTool {
  if (tool.kind === "hosted") {
    throw new FieldError(tool.at, `\`${tool.at}\`: this model has no tool ${JSON.stringify(tool.type)} of its own.`);
  }
  const { name, description, parameters = { type: "object", properties: {} }, strict } = tool;
  return { type: "function", function: { name, ...defined({ description, strict }), parameters: { ...parameters } } };
}

function encodeChoice(choice: ChatRequest["toolChoice"], own: boolean): ChatCompletionToolChoiceOption | undefined {
  if (!choice) return undefined;
  switch (choice.kind) {
    case "function":
      return { type: "function", function: { name: choice.name } };
    case "allowed": {
      const mode = choice.required ? "required" : "auto";
      const tools = choice.names.map((name) => ({ type: "function", function: { name } }));
      return own ? { type: "allowed_tools", allowed_tools: { mode, tools } } : mode;
    }
    default:
      return choice.kind;
  }
}

function encodeOwn({ verbosity, serviceTier, promptCacheKey }: ChatRequest, { efforts }: ModelKind) {
  return {
    prompt_cache_key: promptCacheKey,
    service_tier: TIERS.includes(serviceTier) ? (serviceTier as "auto") : undefined,
    verbosity: efforts.includes("none") && VERBOSITIES.includes(verbosity) ? (verbosity as "low") : undefined,
  };
}
