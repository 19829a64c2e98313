import { asNumber, asObjects } from "../wire/read.ts";
import { type Fields, fieldsOf } from "./events.ts";

/** Gemini's count of a response's tokens as OpenAI's realtime events write it; `undefined` where it says nothing. */
export function geminiUsage(metadata: unknown): Fields | undefined {
  const usage = fieldsOf(metadata);
  const prompt = asNumber(usage.promptTokenCount);
  const answer = asNumber(usage.responseTokenCount);
  if (prompt === undefined && answer === undefined) return undefined;
  const thoughts = asNumber(usage.thoughtsTokenCount) ?? 0;
  const cached = asNumber(usage.cachedContentTokenCount) ?? 0;
  const tools = asNumber(usage.toolUsePromptTokenCount) ?? 0;
  const input = (prompt ?? 0) + tools;
  const output = (answer ?? 0) + thoughts;
  const heard = byKind(usage.promptTokensDetails);
  const said = byKind(usage.responseTokensDetails);
  return {
    total_tokens: input + output,
    input_tokens: input,
    output_tokens: output,
    input_token_details: {
      ...heard,
      text_tokens: heard.text_tokens + tools,
      cached_tokens: cached,
      cached_tokens_details: byKind(usage.cacheTokensDetails),
    },
    output_token_details: { text_tokens: said.text_tokens + thoughts, audio_tokens: said.audio_tokens },
  };
}

interface Kinds {
  readonly text_tokens: number;
  readonly audio_tokens: number;
  readonly image_tokens: number;
}

function byKind(details: unknown): Kinds {
  const counts = { text_tokens: 0, audio_tokens: 0, image_tokens: 0 };
  for (const { modality, tokenCount } of asObjects(details)) {
    const count = asNumber(tokenCount) ?? 0;
    if (modality === "AUDIO") counts.audio_tokens += count;
    // Of a video, single pictures are counted.
    else if (modality === "IMAGE" || modality === "VIDEO") counts.image_tokens += count;
    else counts.text_tokens += count;
  }
  return counts;
}
