import type { ModelRequest } from "../model-request.ts";
import { traitsOf } from "../wire/anthropic/models.ts";
import { generationOf } from "../wire/google/thinking.ts";
import { kindOf } from "../wire/openai/model-kind.ts";
import { asObject } from "../wire/read.ts";

/** What a request may say of thoughts, in any schema and any host's words. */
const WISHES = [
  "reasoning",
  "reasoning_effort",
  "reasoning_format",
  "include_reasoning",
  "thinking",
  "chat_template_kwargs",
];

/**
 * Whether a model may write what its stream does not show: thoughts, or, where its provider goes on in the background, all
 * that comes after the stream was cut. It is charged, so that what was seen of a cut stream bounds nothing then.
 */
export function mayThinkUnseen({ model, body }: Pick<ModelRequest, "model" | "body">): boolean {
  if (body.background === true) return true;
  const config = asObject(body.generationConfig ?? body.generation_config) ?? {};
  const isAsked =
    WISHES.some((field) => body[field] !== undefined && body[field] !== null) ||
    (config.thinkingConfig ?? config.thinking_config) !== undefined;
  if (isAsked) return true;
  if (model.includes("claude")) return traitsOf(model).thinksUnasked;
  return kindOf(model).completionTokens || generationOf(model) >= 2.5 || /grok-(?![12]\b)/.test(model);
}
