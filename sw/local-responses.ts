import { decodeRequest } from "../mint-server/wire/responses/decode-request.ts";
import { encodeAnswer } from "../mint-server/wire/responses/encode-answer.ts";
import { createStreamEncoder } from "../mint-server/wire/responses/encode-stream.ts";
import type { CallerFormat } from "../mint-server/wire/wire-format.ts";

/** OpenAI's Responses, apart from the others because it is larger than all the rest. */
export const responses: CallerFormat = { decodeRequest, encodeAnswer, createStreamEncoder };
