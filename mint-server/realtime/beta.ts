import { responseToBeta, responseToGA, sessionToBeta, sessionToGA } from "./beta-session.ts";
import { type Fields, fieldsOf, isFields, newEventId, type RealtimeEvent } from "./events.ts";

/** Between a client that speaks the beta of OpenAI's Realtime API, and GA. One for each session: it remembers items. */
export interface BetaTranslation {
  toGA(event: RealtimeEvent): RealtimeEvent;
  /** None, one or two events. */
  toBeta(event: RealtimeEvent): readonly RealtimeEvent[];
}

export function createBetaTranslation(): BetaTranslation {
  // Items that the client was told of from `response.output_item.added`, until the provider announces them too.
  const announced = new Set<unknown>();
  return {
    toGA: clientToGA,
    toBeta(event) {
      switch (event.type) {
        case "conversation.item.added":
          if (announced.delete(fieldsOf(event.item).id)) return [];
          return [{ ...event, type: "conversation.item.created", item: itemToBeta(event.item) }];
        case "conversation.item.done":
          return [];
        case "response.output_item.added": {
          announced.add(fieldsOf(event.item).id);
          return [{ ...event, item: itemToBeta(event.item) }, createdFrom(event)];
        }
        default:
          return [serverToBeta(event)];
      }
    },
  };
}

function clientToGA(event: RealtimeEvent): RealtimeEvent {
  switch (event.type) {
    case "session.update":
      return { ...event, session: sessionToGA(event.session, "realtime") };
    case "transcription_session.update":
      return { ...event, type: "session.update", session: sessionToGA(event.session, "transcription") };
    case "response.create": {
      if (!isFields(event.response)) return event;
      const { input } = event.response;
      const items = Array.isArray(input) ? { input: input.map(itemToGA) } : {};
      return { ...event, response: { ...responseToGA(event.response), ...items } };
    }
    case "conversation.item.create":
      return { ...event, item: itemToGA(event.item) };
    default:
      return event;
  }
}

/** The reference client adds the contents of items that it was told of, and to no others. */
function createdFrom({ item }: RealtimeEvent): RealtimeEvent {
  return {
    type: "conversation.item.created",
    event_id: newEventId(),
    previous_item_id: null,
    item: itemToBeta(item),
  };
}

const SPOKEN = /^response\.output_(text|audio|audio_transcript)\./;

function serverToBeta(event: RealtimeEvent): RealtimeEvent {
  if (SPOKEN.test(event.type)) return { ...event, type: event.type.replace("response.output_", "response.") };
  switch (event.type) {
    case "session.created":
    case "session.updated": {
      const isTranscription = fieldsOf(event.session).type === "transcription";
      return {
        ...event,
        type: isTranscription ? `transcription_${event.type}` : event.type,
        session: sessionToBeta(event.session),
      };
    }
    case "response.created":
    case "response.done":
      return { ...event, response: wholeResponse(event.response) };
    case "response.output_item.done":
    case "conversation.item.retrieved":
      return { ...event, item: itemToBeta(event.item) };
    case "response.content_part.added":
    case "response.content_part.done":
      return { ...event, part: partToBeta(event.part) };
    default:
      return event;
  }
}

function wholeResponse(value: unknown): Fields {
  const response = responseToBeta(fieldsOf(value));
  const output = Array.isArray(response.output) ? response.output : [];
  return { ...response, output: output.map(itemToBeta) };
}

function itemToBeta(item: unknown): unknown {
  if (!isFields(item) || item.type !== "message") return item;
  const content = Array.isArray(item.content) ? item.content : [];
  return { ...item, content: content.map(partToBeta) };
}

function partToBeta(part: unknown): unknown {
  const { type } = fieldsOf(part);
  if (type === "output_text") return { ...fieldsOf(part), type: "text" };
  return type === "output_audio" ? { ...fieldsOf(part), type: "audio" } : part;
}

function itemToGA(item: unknown): unknown {
  if (!isFields(item) || !Array.isArray(item.content)) return item;
  return { ...item, content: item.content.map((part) => partToGA(part, item.role)) };
}

function partToGA(part: unknown, role: unknown): unknown {
  const { type } = fieldsOf(part);
  if (type === "text") return { ...fieldsOf(part), type: role === "assistant" ? "output_text" : "input_text" };
  return type === "audio" && role === "assistant" ? { ...fieldsOf(part), type: "output_audio" } : part;
}
