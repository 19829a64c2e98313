import { type Fields, newEventId, type RealtimeEvent } from "./events.ts";
import { createGeminiItem, type OpenItem } from "./gemini-item.ts";

/** The response that a Gemini model is giving, as OpenAI's events tell it. */
export interface GeminiResponse {
  isActive(): boolean;
  /** Whether anything of the one under way has come. */
  hasOutput(): boolean;
  /** Begins one, unless one is under way. */
  begin(): RealtimeEvent[];
  /** @param delta base64 of 24 kHz PCM */
  say(delta: string): RealtimeEvent[];
  /** What it says, as text; or what it writes, where it does not speak. */
  write(text: string): RealtimeEvent[];
  call(call: FunctionCall): RealtimeEvent[];
  end(ending: ResponseEnding): RealtimeEvent[];
}

export interface FunctionCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export interface ResponseEnding {
  readonly status: "completed" | "cancelled";
  readonly reason?: "turn_detected" | "client_cancelled";
  readonly usage?: Fields | undefined;
}

export interface GeminiResponseOptions {
  readonly conversationId?: string;
  readonly speaks: () => boolean;
  /** The session as it is. */
  readonly session: () => Fields;
  /** Gives the id of the item before, and remembers this one as the last. */
  readonly follow: (itemId: string) => string | null;
}

export function createGeminiResponse({
  conversationId = "conv_gemini",
  speaks,
  session,
  follow,
}: GeminiResponseOptions): GeminiResponse {
  let id: string | undefined;
  let items: Fields[] = [];
  let open: OpenItem | undefined;

  const event = (type: string, fields: Fields): RealtimeEvent => ({ type, event_id: newEventId(), ...fields });
  const shape = (status: string, more: Fields): Fields => {
    const { output_modalities, max_output_tokens } = session();
    const shared = {
      object: "realtime.response",
      conversation_id: conversationId,
      output_modalities,
      max_output_tokens,
      metadata: null,
    };
    return { id, ...shared, status, status_details: null, output: items, usage: null, ...more };
  };

  const begin = (): RealtimeEvent[] => {
    if (id !== undefined) return [];
    id = `resp_${crypto.randomUUID().replaceAll("-", "")}`;
    items = [];
    return [event("response.created", { response: shape("in_progress", {}) })];
  };
  const message = (): { readonly item: OpenItem; readonly events: RealtimeEvent[] } => {
    const before = begin();
    if (open) return { item: open, events: before };
    open = createGeminiItem({ responseId: id ?? "", outputIndex: items.length, speaks: speaks(), follow, event });
    return { item: open, events: [...before, ...open.opening] };
  };
  const close = (status: "completed" | "incomplete"): RealtimeEvent[] => {
    if (!open) return [];
    const { item, events } = open.close(status);
    open = undefined;
    items = [...items, item];
    return events;
  };

  return {
    isActive: () => id !== undefined,
    hasOutput: () => open !== undefined || items.length > 0,
    begin,
    say(delta) {
      const { item, events } = message();
      return [...events, item.audio(delta)];
    },
    write(text) {
      const { item, events } = message();
      return [...events, item.text(text)];
    },
    call(call) {
      const events = [...begin(), ...close("completed")];
      const { item, events: told } = tellCall(call, { responseId: id ?? "", outputIndex: items.length, follow, event });
      items = [...items, item];
      return [...events, ...told];
    },
    end({ status, reason, usage }) {
      if (id === undefined) return [];
      const closed = close(status === "completed" ? "completed" : "incomplete");
      const details = reason === undefined ? {} : { status_details: { type: status, reason } };
      const done = event("response.done", { response: shape(status, { ...details, ...(usage && { usage }) }) });
      id = undefined;
      items = [];
      return [...closed, done];
    },
  };
}

interface CallPlace {
  readonly responseId: string;
  readonly outputIndex: number;
  readonly follow: (itemId: string) => string | null;
  readonly event: (type: string, fields: Fields) => RealtimeEvent;
}

function tellCall(
  { id: call_id, name, arguments: text }: FunctionCall,
  { responseId: response_id, outputIndex: output_index, follow, event }: CallPlace,
) {
  const item_id = `item_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
  const base = { id: item_id, object: "realtime.item", type: "function_call", name, call_id };
  const begun = { ...base, status: "in_progress", arguments: "" };
  const item = { ...base, status: "completed", arguments: text };
  const at = { response_id, item_id, output_index, call_id };
  const previous_item_id = follow(item_id);
  const events = [
    event("response.output_item.added", { response_id, output_index, item: begun }),
    event("conversation.item.added", { previous_item_id, item: begun }),
    event("response.function_call_arguments.delta", { ...at, delta: text }),
    event("response.function_call_arguments.done", { ...at, name, arguments: text }),
    event("response.output_item.done", { response_id, output_index, item }),
    event("conversation.item.done", { previous_item_id, item }),
  ];
  return { item, events };
}
