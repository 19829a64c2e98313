import { EVENT_STREAM } from "../event-stream.ts";
import { supports } from "../support.ts";
import type { CallerFormat, WireFormat } from "../wire-format.ts";
import { decodeAnswer } from "./decode-answer.ts";
import { decodeRequest } from "./decode-request.ts";
import { createStreamDecoder } from "./decode-stream.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { encodeRequest } from "./encode-request.ts";
import { createStreamEncoder } from "./encode-stream.ts";
import { decodeError } from "./errors.ts";

/** Anthropic's Messages API, as a provider's wire format and as the schema that callers write. */
export const anthropic: WireFormat & CallerFormat = {
  support: supports(
    [
      "maxTokens",
      "temperature",
      "topP",
      "topK",
      "stop",
      "tools",
      "toolChoice",
      "singleToolCall",
      "strictTools",
      "jsonMode",
      "jsonSchema",
      "reasoning",
      "user",
      "serviceTier",
    ],
    ["seed", "presencePenalty", "frequencyPenalty", "verbosity", "metadata", "promptCacheKey", "store", "prediction"],
  ),
  framing: EVENT_STREAM,
  encodeRequest,
  decodeAnswer,
  createStreamDecoder,
  decodeError,
  decodeRequest,
  encodeAnswer,
  createStreamEncoder,
};
