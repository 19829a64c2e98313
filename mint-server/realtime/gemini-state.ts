import type { ErrorDetails } from "../contract/openai-error.ts";
import type { Exchange } from "./dialect.ts";
import { errorEvent, type Fields, invalidEvent, newEventId, type RealtimeEvent } from "./events.ts";
import type { Resampler } from "./gemini-resample.ts";
import type { GeminiResponse } from "./gemini-response.ts";
import { type GeminiSetup, geminiSetup } from "./gemini-setup.ts";

/** One session between a client of OpenAI's Realtime API and a Gemini Live model. */
export interface GeminiState {
  readonly model: string;
  readonly sessionId: string;
  readonly response: GeminiResponse;
  readonly resample: Resampler;
  /** All that the client said of its session. */
  asked: Fields;
  /** What is in force, and what would be if the session began now. */
  current: GeminiSetup;
  /** Gemini takes one setup, as its first message. It goes out when something has to follow it. */
  isSetUp: boolean;
  isReady: boolean;
  /** Frames that wait for Gemini to have taken its setup. */
  waiting: string[];
  /** What was said since the model was last told, as contents. */
  turns: Fields[];
  /** Results of functions that it was not told yet. */
  results: Fields[];
  /** Functions that the model called and has no result of: names by id. */
  readonly calls: Map<string, string>;
  lastItemId: string | null;
  voice: Voice;
  /** Milliseconds of sound that the client sent so far. */
  heardMs: number;
  /** The rest of a turn that the client cancelled is not told. */
  isMuted: boolean;
  /** Whether the end of a turn is still to come that was interrupted, and is over for the client. */
  owesEnd: boolean;
  usage: Fields | undefined;
}

/** The user's voice since the model last answered. */
export interface Voice {
  /** Whether any was heard. */
  isHeard: boolean;
  /** Where the client says where turns begin and end: whether Gemini was told of a beginning. */
  isOpen: boolean;
  /** The item that stands for it, once there is one. */
  itemId: string | undefined;
  transcript: string;
}

export const SILENCE: Voice = { isHeard: false, isOpen: false, itemId: undefined, transcript: "" };

export const NOTHING: Exchange = { upstream: [], client: [] };

export function event(type: string, fields: Fields): RealtimeEvent {
  return { type, event_id: newEventId(), ...fields };
}

export function toClient(...client: readonly RealtimeEvent[]): Exchange {
  return { upstream: [], client };
}

export function join(...all: readonly Exchange[]): Exchange {
  return { upstream: all.flatMap(({ upstream }) => upstream), client: all.flatMap(({ client }) => client) };
}

export function refuse(message: string, param: string | null, cause: RealtimeEvent): Exchange {
  return toClient(errorEvent(unsupported(message, param), cause.event_id));
}

export function unsupported(message: string, param: string | null): ErrorDetails {
  return invalidEvent(message, param, "unsupported_by_model");
}

/** A message for Gemini, behind its setup. */
export function send(state: GeminiState, message: Fields): Exchange {
  const frame = JSON.stringify(message);
  if (state.isReady) return { upstream: [frame], client: [] };
  state.waiting.push(frame);
  return setUp(state);
}

/** Sends the setup, if it has not gone out. */
function setUp(state: GeminiState): Exchange {
  if (state.isSetUp) return NOTHING;
  state.isSetUp = true;
  return { upstream: [JSON.stringify({ setup: state.current.setup })], client: [] };
}

/** The session as OpenAI writes it. */
export function sessionOf(state: GeminiState): Fields {
  return { id: state.sessionId, ...state.current.session };
}

/** Takes note of an item; returns the id of the one before. */
export function follow(state: GeminiState, itemId: string): string | null {
  const before = state.lastItemId;
  state.lastItemId = itemId;
  return before;
}

export function firstSetup(model: string): GeminiSetup {
  return geminiSetup(model, {});
}

export function newItemId(): string {
  return `item_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
}
