import type { Response } from "openai/resources/responses/responses";
import type { Json } from "../read.ts";

/** Members of an answer that say what was asked. */
type Echo = Omit<
  Response,
  | ("id" | "object" | "created_at" | "model" | "status" | "error" | "incomplete_details" | "output")
  | ("output_text" | "usage")
>;

/**
 * A request's own fields as its answer repeats them, and what stands for those that were left out. What a provider does by
 * default is not known, so it is null.
 */
export function echoOf(body: Json): Record<string, unknown> {
  const given = body as Partial<Echo>;
  const { max_output_tokens = null, max_tool_calls = null, temperature = null, top_p = null, top_logprobs } = given;
  const { prompt_cache_key, safety_identifier, user, service_tier = null } = given;
  return {
    access_programs: null,
    background: false,
    instructions: given.instructions ?? null,
    max_output_tokens,
    max_tool_calls,
    metadata: given.metadata ?? {},
    parallel_tool_calls: given.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null, ...given.reasoning },
    service_tier,
    temperature,
    text: { format: { type: "text" }, ...given.text },
    tool_choice: given.tool_choice ?? "auto",
    tools: given.tools ?? [],
    top_logprobs: top_logprobs ?? 0,
    top_p,
    truncation: "disabled",
    ...(prompt_cache_key != null && { prompt_cache_key }),
    ...(safety_identifier != null && { safety_identifier }),
    ...(user != null && { user }),
  } satisfies Echo;
}
