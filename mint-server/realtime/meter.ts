import { utf8 } from "../contract/bytes.ts";
import { type Fields, fieldsOf, type RealtimeEvent } from "./events.ts";
import { KINDS, NO_TOKENS, type RealtimeUsage, sumOf, type TokenCounts } from "./price.ts";

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
}

export type Mark = TokenCounts;

export interface FinishedResponse {
  readonly id: string;
  /** Absent where the provider does not tell. */
  readonly usage?: RealtimeUsage;
}

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

/** OpenAI counts one for 100 ms of a caller's voice. */
const AUDIO_TOKENS_PER_SECOND = 10;
/** Of an image in its largest form: 2,500 patches of 32 × 32, times 2.46. */
const IMAGE_TOKENS = 6_150;
/** Largest context of a realtime model that is known. */
const LARGEST_CONTEXT = 128_000;

export function createMeter({
  audioTokensPerSecond = AUDIO_TOKENS_PER_SECOND,
  contextTokens = LARGEST_CONTEXT,
}: MeterOptions = {}): RealtimeMeter {
  const totals = { audioInSeconds: 0, audioOutSeconds: 0, responses: 0, inputTokens: 0, outputTokens: 0 };
  const formats = { input: PCM_BYTES_PER_SECOND, output: PCM_BYTES_PER_SECOND };
  let sent = NO_TOKENS;
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

const PCM_BYTES_PER_SECOND = 48_000;
const G711_BYTES_PER_SECOND = 8_000;

function readFormats(session: unknown, formats: { input: number; output: number }): void {
  const audio = fieldsOf(fieldsOf(session).audio);
  for (const side of ["input", "output"] as const) {
    const { type } = fieldsOf(fieldsOf(audio[side]).format);
    if (type === "audio/pcm") formats[side] = PCM_BYTES_PER_SECOND;
    else if (type !== undefined) formats[side] = G711_BYTES_PER_SECOND;
  }
}

function base64Bytes(text: unknown): number {
  return typeof text === "string" ? (text.length * 3) / 4 : 0;
}

/** A token stands for one byte at least. */
function textTokens(value: unknown): number {
  return value === undefined ? 0 : utf8(JSON.stringify(value)).length;
}

function itemTokens(item: unknown, bytesPerSecond: number, tokensPerSecond: number): TokenCounts {
  const fields = fieldsOf(item);
  const parts = Array.isArray(fields.content) ? fields.content.map(fieldsOf) : [];
  const isHeavy = (part: Fields): boolean => part.type === "input_audio" || part.type === "input_image";
  const light = { ...fields, ...(parts.length > 0 && { content: parts.filter((part) => !isHeavy(part)) }) };
  const heard = parts.reduce((bytes, part) => bytes + base64Bytes(part.audio), 0);
  return {
    text: textTokens(light),
    audio: (heard / bytesPerSecond) * tokensPerSecond,
    image: parts.filter((part) => part.type === "input_image").length * IMAGE_TOKENS,
  };
}

function finishedBy(event: RealtimeEvent): FinishedResponse {
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
  return {
    input: countsOf(input, usage.input_tokens),
    cached: countsOf(fieldsOf(input.cached_tokens_details), count(input.cached_tokens)),
    output: countsOf(fieldsOf(usage.output_token_details), usage.output_tokens),
  };
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

function plus(one: TokenCounts, other: TokenCounts): TokenCounts {
  return { text: one.text + other.text, audio: one.audio + other.audio, image: one.image + other.image };
}

function minus(one: TokenCounts, other: TokenCounts): TokenCounts {
  return plus(one, { text: -other.text, audio: -other.audio, image: -other.image });
}

/** No more than the model reads at once, the dearest kinds kept; whole numbers. */
function within(counts: TokenCounts, most: number): TokenCounts {
  const kept = { ...NO_TOKENS } as { -readonly [Kind in keyof TokenCounts]: number };
  let left = most;
  for (const kind of [...KINDS].sort((a, b) => Number(b === "audio") - Number(a === "audio"))) {
    kept[kind] = Math.min(left, Math.ceil(counts[kind]));
    left -= kept[kind];
  }
  return kept;
}
