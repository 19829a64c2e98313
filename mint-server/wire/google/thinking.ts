import type { ThinkingConfig } from "@google/genai";
import { budgetOf, type ChatRequest, type Effort, effortOf } from "../chat-request.ts";
import { FieldError } from "../read.ts";
import type { Wire } from "./wire-types.ts";

/** Generation of a Gemini model as its name tells it, such as 2.5; 0 where it tells none. */
export function generationOf(model: string): number {
  const version = /gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1];
  if (version) return Number(version);
  return /gemini-.*latest/.test(model) ? 3 : 0;
}

/**
 * How a model shall think. One that cannot stop thinking thinks as little as it can when asked not to.
 *
 * @throws {FieldError} where a model that does not think is asked to.
 */
export function encodeThinking({ model, reasoning, asked }: ChatRequest): Wire<ThinkingConfig> | undefined {
  if (!reasoning) return undefined;
  const generation = generationOf(model);
  const budget = budgetOf(reasoning);
  if (generation < 2.5 || (generation < 3 && /-(image|tts)/.test(model))) {
    if (budget === undefined || budget <= 0) return undefined;
    const field = asked.get("reasoning") ?? "reasoning";
    throw new FieldError(field, `The model ${JSON.stringify(model)} does not think, so \`${field}\` must be left out.`);
  }
  const config = {
    ...(budget !== 0 && reasoning.show !== false && { includeThoughts: true }),
    ...(budget !== undefined && (generation < 3 ? { thinkingBudget: clamp(budget, model) } : levelFor(budget, model))),
  };
  return Object.keys(config).length > 0 ? config : undefined;

  function levelFor(tokens: number, name: string): { thinkingLevel?: Level } {
    const effort = tokens < 0 ? undefined : effortOf(reasoning ?? {});
    return effort ? { thinkingLevel: levelOf(effort, name) } : {};
  }
}

/** Bounds of the 2.5 models. Pro cannot be told not to think. */
function clamp(budget: number, model: string): number {
  const isPro = model.includes("pro");
  if (budget < 0 || (budget === 0 && !isPro)) return budget;
  const least = isPro ? 128 : model.includes("lite") ? 512 : 1;
  return Math.min(Math.max(budget, least), isPro ? 32768 : 24576);
}

type Level = "MINIMAL" | "LOW" | "MEDIUM" | "HIGH";

/** Pro models and those after 3.6 refuse MINIMAL, the first 3 Pro refuses MEDIUM; LOW is known to the whole family. */
function levelOf(effort: Effort, model: string): Level {
  switch (effort) {
    case "none":
    case "minimal":
      return /gemini-3(\.[1-6])?-flash/.test(model) ? "MINIMAL" : "LOW";
    case "low":
      return "LOW";
    case "medium":
      return model.includes("gemini-3-pro") ? "HIGH" : "MEDIUM";
    default:
      return "HIGH";
  }
}
