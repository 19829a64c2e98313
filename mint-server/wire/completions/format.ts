import type { CallerFormat } from "../wire-format.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { createStreamEncoder } from "./encode-stream.ts";

/** Legacy Completions, as callers write them to models that chat. */
export const completions: CallerFormat = { decodeRequest, encodeAnswer, createStreamEncoder };
