import { asObject, parse } from "../wire/read.ts";
import type { CreateDialect } from "./dialect.ts";
import { decodeServerMessage } from "./gemini-decode.ts";
import { encodeClientEvent } from "./gemini-encode.ts";
import { createResampler } from "./gemini-resample.ts";
import { createGeminiResponse } from "./gemini-response.ts";
import { event, firstSetup, follow, type GeminiState, NOTHING, SILENCE, sessionOf, toClient } from "./gemini-state.ts";

/** OpenAI's realtime events (GA) for a client, Gemini's Live protocol (`BidiGenerateContent`) for its provider. */
export const createGeminiDialect: CreateDialect = ({ model }) => {
  const state: GeminiState = {
    model,
    sessionId: `sess_${crypto.randomUUID().replaceAll("-", "")}`,
    resample: createResampler(),
    response: createGeminiResponse({
      speaks: () => state.current.speaks,
      session: () => state.current.session,
      follow: (itemId) => follow(state, itemId),
    }),
    asked: {},
    current: firstSetup(model),
    isSetUp: false,
    isReady: false,
    waiting: [],
    turns: [],
    results: [],
    calls: new Map(),
    lastItemId: null,
    voice: SILENCE,
    heardMs: 0,
    isMuted: false,
    owesEnd: false,
    usage: undefined,
  };
  return {
    get opening() {
      return toClient(event("session.created", { session: sessionOf(state) }));
    },
    encode: (cause) => encodeClientEvent(state, cause),
    decode(frame) {
      const message = asObject(parse(frame));
      return message ? decodeServerMessage(state, message) : NOTHING;
    },
  };
};
