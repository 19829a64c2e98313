import { asObjects, asText, parse, parseDataURL } from "../wire/read.ts";
import type { Exchange } from "./dialect.ts";
import { type Fields, fieldsOf, isFields, type RealtimeEvent } from "./events.ts";
import { event, follow, type GeminiState, newItemId, refuse, toClient } from "./gemini-state.ts";

/** `conversation.item.create`: Gemini is told with the next response, or with the next sound. */
export function createItem(state: GeminiState, cause: RealtimeEvent): Exchange {
  const item = fieldsOf(cause.item);
  if (cause.previous_item_id !== undefined && cause.previous_item_id !== null)
    return refuse("Gemini Live takes items at the end alone.", "previous_item_id", cause);
  switch (item.type) {
    case "message":
      return addMessage(state, item, cause);
    case "function_call_output":
      return addResult(state, item, cause);
    default:
      return refuse("Gemini Live takes messages and results of functions.", "item.type", cause);
  }
}

function addMessage(state: GeminiState, item: Fields, cause: RealtimeEvent): Exchange {
  const role = item.role === "user" ? "user" : item.role === "assistant" ? "model" : undefined;
  if (!role) return refuse("Gemini Live takes messages of the user and of the assistant.", "item.role", cause);
  const parts: Fields[] = [];
  for (const [index, part] of asObjects(item.content).entries()) {
    const encoded = encodePart(part);
    if (!encoded) {
      const message = "Gemini Live takes text here, and pictures as data URLs.";
      return refuse(message, `item.content[${index}]`, cause);
    }
    parts.push(encoded);
  }
  if (parts.length === 0) return refuse("`item.content` is empty.", "item.content", cause);
  state.turns = [...state.turns, { role, parts }];
  return told(state, item);
}

function encodePart(part: Fields): Fields | undefined {
  switch (part.type) {
    case "input_text":
    case "output_text":
      return typeof part.text === "string" ? { text: part.text } : undefined;
    case "input_image": {
      const picture = parseDataURL(asText(part.image_url) ?? "");
      return picture && { inlineData: { mimeType: picture.mediaType, data: picture.data } };
    }
    default:
      return undefined;
  }
}

function addResult(state: GeminiState, item: Fields, cause: RealtimeEvent): Exchange {
  const id = asText(item.call_id) ?? "";
  const name = state.calls.get(id);
  if (name === undefined) return refuse("`item.call_id` names no call that waits for a result.", "item.call_id", cause);
  if (typeof item.output !== "string") return refuse("`item.output` must be a string.", "item.output", cause);
  state.calls.delete(id);
  const parsed = parse(item.output);
  const response = isFields(parsed) ? parsed : { output: parsed ?? item.output };
  state.results = [...state.results, { id, name, response }];
  return told(state, item);
}

function told(state: GeminiState, item: Fields): Exchange {
  const id = asText(item.id) ?? newItemId();
  const previous_item_id = follow(state, id);
  const whole = { ...item, id, object: "realtime.item", status: "completed" };
  return toClient(
    event("conversation.item.added", { previous_item_id, item: whole }),
    event("conversation.item.done", { previous_item_id, item: whole }),
  );
}
