import { parseJson } from "../contract/json.ts";
import type { ErrorDetails } from "../contract/openai-error.ts";

/** An event of OpenAI's Realtime API, as either side sends it; GA's names and shapes unless said otherwise. */
export interface RealtimeEvent {
  readonly type: string;
  readonly event_id?: string;
  readonly [field: string]: unknown;
}

/** Longest event that a client may send, in UTF-16 units: OpenAI takes 15 MiB of audio in one. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

/** A frame as an event; `undefined` for one that is none, or that parsers would read differently (two members of one name). */
export function readEvent(frame: string): RealtimeEvent | undefined {
  if (frame.length > MAX_EVENT_LENGTH) return undefined;
  const parsed = parseJson(frame);
  return parsed.ok && isEvent(parsed.value) ? parsed.value : undefined;
}

/** A provider's frame: its parser is trusted with its own JSON. */
export function readServerEvent(frame: string): RealtimeEvent | undefined {
  try {
    const value: unknown = JSON.parse(frame);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is RealtimeEvent {
  if (!isFields(value) || typeof value.type !== "string") return false;
  return value.event_id === undefined || value.event_id === null || typeof value.event_id === "string";
}

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object, or an empty one in place of anything else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The `error` event of a failure. `eventId` names the client's event that it answers. */
export function errorEvent({ message, type, param = null, code }: ErrorDetails, eventId?: string): RealtimeEvent {
  return {
    type: "error",
    event_id: newEventId(),
    error: { type, code, message, param, event_id: eventId ?? null },
  };
}

export function newEventId(): string {
  return `event_${crypto.randomUUID().replaceAll("-", "")}`;
}

/** What is refused of a client's event. */
export function invalidEvent(message: string, param: string | null, code = "invalid_value"): ErrorDetails {
  return { message, type: "invalid_request_error", param, code };
}
