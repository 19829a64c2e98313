import type { Fields, RealtimeEvent } from "./events.ts";

/** A message of the model's while it comes. */
export interface OpenItem {
  readonly opening: RealtimeEvent[];
  audio(delta: string): RealtimeEvent;
  text(delta: string): RealtimeEvent;
  close(status: "completed" | "incomplete"): { readonly item: Fields; readonly events: RealtimeEvent[] };
}

export interface GeminiItemOptions {
  readonly responseId: string;
  readonly outputIndex: number;
  readonly speaks: boolean;
  readonly follow: (itemId: string) => string | null;
  readonly event: (type: string, fields: Fields) => RealtimeEvent;
}

export function createGeminiItem({ responseId, outputIndex, speaks, follow, event }: GeminiItemOptions): OpenItem {
  const item_id = `item_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
  const item = (status: string, content: readonly Fields[]): Fields => {
    return { id: item_id, object: "realtime.item", type: "message", role: "assistant", status, content };
  };
  const at = { response_id: responseId, item_id, output_index: outputIndex, content_index: 0 };
  const inOutput = { response_id: responseId, output_index: outputIndex };
  const textEvents = speaks ? "response.output_audio_transcript" : "response.output_text";
  const part = (text: string): Fields => (speaks ? { type: "audio", transcript: text } : { type: "text", text });
  const previous_item_id = follow(item_id);
  let said = "";

  return {
    opening: [
      event("response.output_item.added", { ...inOutput, item: item("in_progress", []) }),
      event("conversation.item.added", { previous_item_id, item: item("in_progress", []) }),
      event("response.content_part.added", { ...at, part: part("") }),
    ],
    audio: (delta) => event("response.output_audio.delta", { ...at, delta }),
    text(delta) {
      said += delta;
      return event(`${textEvents}.delta`, { ...at, delta });
    },
    close(status) {
      const content = speaks ? { type: "output_audio", transcript: said } : { type: "output_text", text: said };
      const whole = item(status, [content]);
      const events = [
        ...(speaks ? [event("response.output_audio.done", at)] : []),
        event(`${textEvents}.done`, speaks ? { ...at, transcript: said } : { ...at, text: said }),
        event("response.content_part.done", { ...at, part: part(said) }),
        event("response.output_item.done", { ...inOutput, item: whole }),
        event("conversation.item.done", { previous_item_id, item: whole }),
      ];
      return { item: whole, events };
    },
  };
}
