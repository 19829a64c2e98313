import { ENDING } from "./close-codes.ts";
import { type Fields, fieldsOf, invalidEvent, type RealtimeEvent } from "./events.ts";
import type { LeashRules, LeashVerdict } from "./leash-rules.ts";
import { checkItem, leashResponse, leashSession } from "./leash-session.ts";

/** Keeps a client within what its credential allows. It holds state of one session, and knows no socket and no clock. */
export interface Leash {
  /** What becomes of a client's event (GA). */
  check(event: RealtimeEvent): LeashVerdict;
  /** What is said to the provider before the client's first event, where something has to be. */
  opening(sessionType: "realtime" | "transcription"): RealtimeEvent | undefined;
  /** A provider's event as the client is to see it. */
  shown(event: RealtimeEvent): RealtimeEvent;
  /** Whether a response is to be started after this event of the provider's, since the provider was told not to. */
  startsResponse(event: RealtimeEvent): boolean;
}

/** Fields of each event beside `type` and `event_id`. Whatever else the API may learn is not let through before we know it. */
const CLIENT_EVENTS: Readonly<Record<string, readonly string[]>> = {
  "session.update": ["session"],
  "input_audio_buffer.append": ["audio"],
  "input_audio_buffer.commit": [],
  "input_audio_buffer.clear": [],
  "output_audio_buffer.clear": [],
  "conversation.item.create": ["item", "previous_item_id"],
  "conversation.item.retrieve": ["item_id"],
  "conversation.item.truncate": ["item_id", "content_index", "audio_end_ms"],
  "conversation.item.delete": ["item_id"],
  "response.create": ["response"],
  "response.cancel": ["response_id"],
};

export function createLeash(rules: LeashRules): Leash {
  // OpenAI's own default, until the client says otherwise.
  let answersTurns = true;
  let isVoiceTurn = false;

  return {
    check(event) {
      const problem = checkShape(event);
      if (problem) return problem;
      switch (event.type) {
        case "session.update": {
          const leashed = leashSession(rules, event.session);
          if (!leashed.ok) return refused(leashed.error);
          answersTurns = leashed.value.answersTurns ?? answersTurns;
          return { kind: "forward", event: { ...event, session: leashed.value.session } };
        }
        case "response.create": {
          const leashed = leashResponse(rules, event.response);
          if (!leashed.ok) return refused(leashed.error);
          return { kind: "forward", event: withResponse(event, leashed.value) };
        }
        case "conversation.item.create": {
          const checked = checkItem(rules, event.item, "item");
          return checked.ok ? { kind: "forward", event } : refused(checked.error);
        }
        default:
          return { kind: "forward", event };
      }
    },
    opening(type) {
      const leashed = leashSession(openRules(rules), openingFields(rules, type));
      if (!leashed.ok) return undefined;
      answersTurns = leashed.value.answersTurns ?? answersTurns;
      const { session } = leashed.value;
      return Object.keys(session).length > 1 ? { type: "session.update", session } : undefined;
    },
    shown(event) {
      if (!rules.paysFirst || (event.type !== "session.created" && event.type !== "session.updated")) return event;
      return withAnswersTurns(event, answersTurns);
    },
    startsResponse({ type }) {
      if (!rules.paysFirst) return false;
      if (type === "input_audio_buffer.speech_stopped") isVoiceTurn = true;
      if (type !== "input_audio_buffer.committed") return false;
      const starts = isVoiceTurn && answersTurns;
      isVoiceTurn = false;
      return starts;
    },
  };
}

function checkShape(event: RealtimeEvent): LeashVerdict | undefined {
  const fields = Object.hasOwn(CLIENT_EVENTS, event.type) ? CLIENT_EVENTS[event.type] : undefined;
  if (!fields) {
    const message = `This credential's sessions take no events of type ${JSON.stringify(event.type.slice(0, 100))}.`;
    return refused(invalidEvent(message, "type", "unknown_event"));
  }
  for (const name in event) {
    if (name === "type" || name === "event_id" || fields.includes(name)) continue;
    const param = name.slice(0, 100);
    return refused(invalidEvent(`\`${param}\` is not a known field.`, param, "unknown_parameter"));
  }
  return undefined;
}

function refused(error: ReturnType<typeof invalidEvent>): LeashVerdict {
  return { kind: "refuse", error, ...(error.code === "model_not_allowed" && { ending: ENDING.model }) };
}

function withResponse({ response: _, ...event }: RealtimeEvent, response: Fields): RealtimeEvent {
  return Object.keys(response).length === 0 ? event : { ...event, response };
}

/** What is said first is ours, not the client's. */
function openRules({ allow: _, ...rules }: LeashRules): LeashRules {
  return rules;
}

/** Locked values hold from the first moment, and so does that nothing starts unpaid. */
function openingFields({ paysFirst }: LeashRules, type: "realtime" | "transcription"): Fields {
  if (!paysFirst || type === "transcription") return { type };
  return { type, audio: { input: { turn_detection: { type: "server_vad" } } } };
}

function withAnswersTurns(event: RealtimeEvent, answersTurns: boolean): RealtimeEvent {
  const session = fieldsOf(event.session);
  const audio = fieldsOf(session.audio);
  const input = fieldsOf(audio.input);
  const turns = fieldsOf(input.turn_detection);
  if (turns.create_response !== false) return event;
  const shown = { ...input, turn_detection: { ...turns, create_response: answersTurns } };
  return { ...event, session: { ...session, audio: { ...audio, input: shown } } };
}
