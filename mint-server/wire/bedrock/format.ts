import { supports } from "../support.ts";
import type { WireFormat } from "../wire-format.ts";
import { decodeAnswer } from "./decode-answer.ts";
import { decodeError } from "./decode-error.ts";
import { createStreamDecoder } from "./decode-stream.ts";
import { encodeRequest } from "./encode-request.ts";
import { AWS_EVENT_STREAM } from "./frames.ts";

/** Amazon Bedrock's Converse and ConverseStream. */
export const bedrock: WireFormat = {
  support: supports(
    [
      "maxTokens",
      "temperature",
      "topP",
      "topK",
      "stop",
      "tools",
      "toolChoice",
      "jsonMode",
      "jsonSchema",
      "reasoning",
      "serviceTier",
      "metadata",
    ],
    [
      "seed",
      "presencePenalty",
      "frequencyPenalty",
      "verbosity",
      "user",
      "promptCacheKey",
      "store",
      "prediction",
      "strictTools",
    ],
  ),
  framing: AWS_EVENT_STREAM,
  encodeRequest,
  decodeAnswer,
  createStreamDecoder,
  decodeError: (body) => decodeError(body),
};
