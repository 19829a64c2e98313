import { MOST_TOKENS } from "../metering/sound-usage.ts";
import { type Fields, fieldsOf, type RealtimeEvent } from "./events.ts";
import { type RealtimeUsage, sumOf, type TokenCounts } from "./price.ts";

/** A response that is over. */
export interface FinishedResponse {
  readonly id: string;
  /** Absent where the provider does not tell. */
  readonly usage?: RealtimeUsage;
}

/** What a `response.done` says. */
export function finishedBy(event: RealtimeEvent): FinishedResponse {
  const response = fieldsOf(event.response);
  const id = typeof response.id === "string" ? response.id : "";
  const usage = usageOf(response.usage);
  return usage ? { id, usage } : { id };
}

/** What a `response.done` says; of a provider that does not tell kinds apart, all counts as sound, the dearest. */
export function usageOf(value: unknown): RealtimeUsage | undefined {
  const usage = fieldsOf(value);
  if (typeof usage.input_tokens !== "number" || typeof usage.output_tokens !== "number") return undefined;
  const input = fieldsOf(usage.input_token_details);
  const told = {
    input: countsOf(input, usage.input_tokens),
    cached: countsOf(fieldsOf(input.cached_tokens_details), count(input.cached_tokens)),
    output: countsOf(fieldsOf(usage.output_token_details), usage.output_tokens),
  };
  // What cannot have been used is as if nothing were told.
  return Object.values(told).every((counts) => sumOf(counts) <= MOST_TOKENS) ? told : undefined;
}

function countsOf(details: Fields, total: number): TokenCounts {
  const text = count(details.text_tokens);
  const image = count(details.image_tokens);
  const audio = count(details.audio_tokens);
  return { text, image, audio: audio + Math.max(0, count(total) - text - image - audio) };
}

function count(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? Math.ceil(value) : 0;
}
