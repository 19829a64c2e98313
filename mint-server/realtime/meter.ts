import type { RealtimeEvent } from "./events.ts";
import { NO_TOKENS, type RealtimeUsage, sumOf, type TokenCounts } from "./price.ts";
import { type FinishedResponse, finishedBy } from "./response-usage.ts";
import {
  AUDIO_TOKENS_PER_SECOND,
  base64Bytes,
  itemTokens,
  LARGEST_CONTEXT,
  minus,
  PCM_BYTES_PER_SECOND,
  plus,
  readFormats,
  textTokens,
  within,
} from "./token-estimates.ts";

/** What a session has moved, and what its next response may take in at most. */
export interface RealtimeMeter {
  /** An event of the client's that goes to the provider. */
  sent(event: RealtimeEvent): void;
  /** An event of the provider's. Returns a response's usage with its end. */
  received(event: RealtimeEvent): FinishedResponse | undefined;
  /** Most tokens that a response to this `response.create` can take in; nothing of the conversation is left out. */
  inputBound(create?: RealtimeEvent): TokenCounts;
  /** Marks what the next response has before it. To be called as its `response.create` goes out. */
  mark(): Mark;
  /** What a response that began at a mark did use is what the conversation holds, with all that came after. */
  rebase(mark: Mark, usage: RealtimeUsage): void;
  /** Seconds of voice in an event of the client's. */
  voiceSeconds(event: RealtimeEvent): number;
  readonly totals: MeterTotals;
  /** What the session's responses did use, as far as the provider told. */
  readonly used: RealtimeUsage;
}

export type Mark = TokenCounts;

/** Of a whole session so far. */
export interface MeterTotals {
  readonly audioInSeconds: number;
  readonly audioOutSeconds: number;
  readonly responses: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface MeterOptions {
  /** Tokens that the provider counts for a second of a caller's voice. */
  readonly audioTokensPerSecond?: number;
  readonly contextTokens?: number;
}

export function createMeter({
  audioTokensPerSecond = AUDIO_TOKENS_PER_SECOND,
  contextTokens = LARGEST_CONTEXT,
}: MeterOptions = {}): RealtimeMeter {
  const totals = { audioInSeconds: 0, audioOutSeconds: 0, responses: 0, inputTokens: 0, outputTokens: 0 };
  const formats = { input: PCM_BYTES_PER_SECOND, output: PCM_BYTES_PER_SECOND };
  let sent = NO_TOKENS;
  let used: RealtimeUsage = { input: NO_TOKENS, cached: NO_TOKENS, output: NO_TOKENS };
  /** What the conversation held at a point, and what had been sent by then. */
  let base = { held: NO_TOKENS, at: NO_TOKENS };
  // Voice that may still be in the buffer, and not in the conversation: all since the turn before the last.
  let sinceTurn = 0;
  let buffered = 0;

  const listen = (seconds: number): void => {
    totals.audioInSeconds += seconds;
    const tokens = seconds * audioTokensPerSecond;
    sinceTurn += tokens;
    sent = plus(sent, { ...NO_TOKENS, audio: tokens });
  };

  const voiceSeconds = ({ audio }: RealtimeEvent): number => base64Bytes(audio) / formats.input;

  return {
    totals,
    get used() {
      return used;
    },
    voiceSeconds,
    sent(event) {
      switch (event.type) {
        case "input_audio_buffer.append":
          return listen(voiceSeconds(event));
        case "session.update":
          readFormats(event.session, formats);
          sent = plus(sent, { ...NO_TOKENS, text: textTokens(event.session) });
          return;
        case "conversation.item.create":
          sent = plus(sent, itemTokens(event.item, formats.input, audioTokensPerSecond));
      }
    },
    received(event) {
      switch (event.type) {
        case "session.created":
          // Instructions that nobody sent: the provider's own.
          sent = plus(sent, { ...NO_TOKENS, text: textTokens(event.session) });
          return undefined;
        case "input_audio_buffer.committed":
          buffered = sinceTurn;
          sinceTurn = 0;
          return undefined;
        case "response.output_audio.delta":
          totals.audioOutSeconds += base64Bytes(event.delta) / formats.output;
          return undefined;
        case "response.done": {
          const finished = finishedBy(event);
          totals.responses += 1;
          if (finished.usage) used = added(used, finished.usage);
          totals.inputTokens += finished.usage ? sumOf(finished.usage.input) : 0;
          totals.outputTokens += finished.usage ? sumOf(finished.usage.output) : 0;
          return finished;
        }
        default:
          return undefined;
      }
    },
    inputBound(create) {
      const extra = textTokens(create?.response ?? "");
      const all = plus(plus(base.held, minus(sent, base.at)), { ...NO_TOKENS, text: extra });
      return within(all, contextTokens);
    },
    mark: () => ({ ...sent, audio: Math.max(0, sent.audio - buffered - sinceTurn) }),
    rebase(mark, { input, output }) {
      base = { held: plus(plus(input, output), minus(sent, mark)), at: sent };
    },
  };
}

function added(one: RealtimeUsage, other: RealtimeUsage): RealtimeUsage {
  return {
    input: plus(one.input, other.input),
    cached: plus(one.cached, other.cached),
    output: plus(one.output, other.output),
  };
}
