import { decodeRequest as decodeCompletion } from "../mint-server/wire/completions/decode-request.ts";
import { encodeAnswer as encodeCompletion } from "../mint-server/wire/completions/encode-answer.ts";
import { createStreamEncoder as createCompletionEncoder } from "../mint-server/wire/completions/encode-stream.ts";
import { decodeRequest } from "../mint-server/wire/openai/decode-request.ts";
import { encodeAnswer } from "../mint-server/wire/openai/encode-answer.ts";
import { createStreamEncoder } from "../mint-server/wire/openai/encode-stream.ts";
import type { CallerFormat } from "../mint-server/wire/wire-format.ts";

/*
 * The schemas in which local models are asked: the mint-server's own code, so that an answer looks the same wherever it was
 * made. Piece by piece, since what speaks to providers has no place in a browser.
 */

export const chat: CallerFormat = { decodeRequest, encodeAnswer, createStreamEncoder };

export const completions: CallerFormat = {
  decodeRequest: decodeCompletion,
  encodeAnswer: encodeCompletion,
  createStreamEncoder: createCompletionEncoder,
};
