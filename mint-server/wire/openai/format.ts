import { EVENT_STREAM } from "../event-stream.ts";
import type { CallerFormat, WireFormat } from "../wire-format.ts";
import { decodeAnswer } from "./decode-answer.ts";
import { decodeError } from "./decode-error.ts";
import { decodeRequest } from "./decode-request.ts";
import { createStreamDecoder } from "./decode-stream.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { encodeRequest, SUPPORT } from "./encode-request.ts";
import { createStreamEncoder } from "./encode-stream.ts";

/** Chat Completions: as OpenAI and those like it are spoken to, and as callers write it. */
export const chat: WireFormat & CallerFormat = {
  support: SUPPORT,
  framing: EVENT_STREAM,
  encodeRequest,
  decodeAnswer,
  createStreamDecoder,
  decodeError,
  decodeRequest,
  encodeAnswer,
  createStreamEncoder,
};
