import { EVENT_STREAM } from "../event-stream.ts";
import { supports } from "../support.ts";
import type { CallerFormat, WireFormat } from "../wire-format.ts";
import { decodeAnswer } from "./decode-answer.ts";
import { decodeRequest } from "./decode-request.ts";
import { createStreamDecoder } from "./decode-stream.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { encodeRequest } from "./encode-request.ts";
import { createStreamEncoder } from "./encode-stream.ts";
import { decodeError } from "./error.ts";

/** Gemini's `generateContent` and `streamGenerateContent`, of the Gemini API and of Vertex. */
export const google: WireFormat & CallerFormat = {
  support: supports(
    [
      "maxTokens",
      "temperature",
      "topP",
      "topK",
      "stop",
      "seed",
      "choices",
      "presencePenalty",
      "frequencyPenalty",
      "logprobs",
      "tools",
      "toolChoice",
      "strictTools",
      "jsonMode",
      "jsonSchema",
      "reasoning",
      "serviceTier",
      "safetySettings",
    ],
    ["verbosity", "user", "metadata", "promptCacheKey", "store", "prediction"],
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
