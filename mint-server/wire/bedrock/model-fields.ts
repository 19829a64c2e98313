import { encodeThinking } from "../anthropic/encode-thinking.ts";
import { traitsOf } from "../anthropic/models.ts";
import { budgetOf, type ChatRequest, effortOf } from "../chat-request.ts";
import { FieldError, type Json } from "../read.ts";
import { isClaude, isNova } from "./models.ts";

/** What each maker's models take, of Converse's own fields and beside them. */
export interface ModelFields {
  readonly fields: Json;
  /** Converse's own word for how much a model may think, for models that have it. */
  readonly effort?: string;
  readonly maxTokens?: number | undefined;
  /** Whether it takes `temperature` and its like: both of `temperature` and `topP`, only one of them, or none at all. */
  readonly sampling: "both" | "one" | "none";
}

/**
 * `forced`: a tool must be called.
 *
 * @throws {FieldError} for a setting that the model's maker has nothing like.
 */
export function modelFields(request: ChatRequest, forced: boolean): ModelFields {
  const { model, maxTokens } = request;
  const chosen = isClaude(model)
    ? claudes(request, forced)
    : { fields: thinking(request), sampling: "both" as const, maxTokens };
  // Nova at its highest effort refuses all three; that the answer may be no longer goes before how it is found.
  const isHigh = JSON.stringify(chosen.fields).includes('"maxReasoningEffort":"high"');
  const own = isHigh && maxTokens === undefined ? { ...chosen, sampling: "none" as const } : chosen;
  return { ...own, fields: { ...topKOf(request, own.sampling), ...own.fields } };
}

function topKOf({ model, topK, asked }: ChatRequest, sampling: ModelFields["sampling"]): Json {
  if (topK === undefined) return {};
  if (isClaude(model)) return sampling === "none" ? {} : { top_k: topK };
  if (isNova(model)) return sampling === "none" ? {} : { inferenceConfig: { topK } };
  throw new FieldError(asked.get("topK") ?? "top_k", `${JSON.stringify(model)} has nothing like it. Leave it out.`);
}

function thinking({ model, reasoning, asked, maxTokens }: ChatRequest): Json {
  if (!reasoning) return {};
  const budget = budgetOf(reasoning);
  const effort = effortOf(reasoning);
  if (/(^|[./])amazon\.nova-2/.test(model)) {
    if (budget === 0 || effort === undefined) return { reasoningConfig: { type: "disabled" } };
    const highest = maxTokens === undefined ? "high" : "medium";
    const level = effort === "minimal" || effort === "low" ? "low" : effort === "medium" ? "medium" : highest;
    return { reasoningConfig: { type: "enabled", maxReasoningEffort: level } };
  }
  if (/(^|[./])openai\./.test(model)) return effort === undefined ? {} : { reasoning_effort: openWeights(effort) };
  if (budget === 0 || (effort === undefined && budget === undefined)) return {};
  throw new FieldError(
    asked.get("reasoning") ?? "reasoning_effort",
    `${JSON.stringify(model)} does not think aloud. Leave it out.`,
  );
}

/** OpenAI's open models always think, in one of three ways. */
function openWeights(effort: string): string {
  if (effort === "none" || effort === "minimal") return "low";
  return effort === "xhigh" || effort === "max" ? "high" : effort;
}

function claudes(request: ChatRequest, forced: boolean): ModelFields {
  const { sampling } = traitsOf(request.model);
  const { thinking: thought, effort, max_tokens } = encodeThinking(request, { forced, by: "bedrock" });
  const thinks = thought?.type === "enabled" || thought?.type === "adaptive";
  return {
    fields: thought ? { thinking: thought } : {},
    ...(effort && { effort }),
    // Without any, Bedrock allows the most that the model can.
    maxTokens: request.maxTokens === undefined && thought?.type !== "enabled" ? undefined : max_tokens,
    sampling: thinks ? "none" : sampling,
  };
}
