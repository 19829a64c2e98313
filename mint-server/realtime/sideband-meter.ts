import { fieldsOf, type RealtimeEvent } from "./events.ts";
import { NO_TOKENS, type RealtimeUsage, type TokenCounts } from "./price.ts";
import { AUDIO_TOKENS_PER_SECOND, IMAGE_TOKENS, textTokens } from "./token-estimates.ts";

/** What a call's next response may take in. Its voice goes past this server, so it is bounded by the time that has passed. */
export interface CallMeter {
  /** An event that was heard beside the call. */
  heard(event: RealtimeEvent): void;
  /** What a response did take in and put out is what the conversation holds now. */
  rebase(usage: RealtimeUsage, now: number): void;
  /** Most tokens that a response which begins up to `at` takes in. */
  inputBound(at: number): TokenCounts;
}

const AUDIO_TOKENS_PER_MS = AUDIO_TOKENS_PER_SECOND / 1000;

export function createCallMeter(startedAt: number, contextTokens: number): CallMeter {
  let held = NO_TOKENS;
  let since = startedAt;
  let session = 0;

  return {
    heard(event) {
      if (event.type === "session.created" || event.type === "session.updated") session = textTokens(event.session);
      if (event.type !== "conversation.item.added") return;
      const item = fieldsOf(event.item);
      const parts = Array.isArray(item.content) ? item.content.map(fieldsOf) : [];
      const images = parts.filter(({ type }) => type === "input_image").length;
      const light = parts.filter(({ type }) => type !== "input_image");
      held = {
        ...held,
        text: held.text + textTokens({ ...item, content: light }),
        image: held.image + images * IMAGE_TOKENS,
      };
    },
    rebase({ input, output }, now) {
      held = { text: input.text + output.text, audio: input.audio + output.audio, image: input.image };
      since = now;
    },
    inputBound(at) {
      const voice = Math.max(0, at - since) * AUDIO_TOKENS_PER_MS;
      const audio = Math.min(contextTokens, Math.ceil(held.audio + voice));
      const image = Math.min(contextTokens - audio, held.image);
      return { audio, image, text: Math.min(contextTokens - audio - image, held.text + session) };
    },
  };
}
