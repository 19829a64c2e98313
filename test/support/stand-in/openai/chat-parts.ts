import type { ChatCompletion, ChatCompletionMessage } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { StreamEvent } from "../answers.ts";
import type { Reply } from "../reply.ts";
import { isMistral } from "./dialects.ts";
import type { AnswerInput } from "./format.ts";

/** Citations as annotations of the whole text. */
export function annotationsOf({ citations, pieces }: Reply): ChatCompletionMessage.Annotation[] {
  const end_index = pieces.join("").length;
  return citations.map(({ url, title }) => ({
    type: "url_citation",
    url_citation: { url, title, start_index: 0, end_index },
  }));
}

/** A refusal is a whole answer to OpenAI. */
export function finishOf({ finish }: Reply): ChatCompletion.Choice["finish_reason"] {
  return finish === "refusal" ? "stop" : finish;
}

/** Token counts in OpenAI's older spelling; their details only where there is something to say. */
export function usageOf({ usage, orders, reasoning }: Reply): CompletionUsage {
  const counts = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  };
  if (orders.usage === undefined && reasoning === undefined) return counts;
  return {
    ...counts,
    prompt_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: usage.cacheWrite, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0 },
  };
}

/** The event that holds the usage, where it is asked for; Mistral tells it always. */
export function usageEvent(base: object, { asked, fields, reply }: AnswerInput): StreamEvent[] {
  const options = fields.stream_options as { include_usage?: boolean } | null | undefined;
  return options?.include_usage || isMistral(asked) ? [{ data: { ...base, choices: [], usage: usageOf(reply) } }] : [];
}

/** Indexes of the choices that are asked for. */
export function indexes({ fields }: AnswerInput): number[] {
  return [...Array(Number(fields.n ?? 1)).keys()];
}
