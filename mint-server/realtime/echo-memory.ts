import { RATE } from "./echo-ear.ts";
import { type Fields, fieldsOf } from "./events.ts";

/** What an echo heard and was told. */
export interface EchoMemory {
  newId(): string;
  /** Takes sound into the buffer; of a longer turn only its beginning is kept. */
  hear(samples: Int16Array): void;
  /** Samples in the buffer. */
  heard(): number;
  /** Drops all but the last so many samples of the buffer. */
  keepLast(samples: number): void;
  /** Makes an item of what is in the buffer. */
  keepVoice(id: string): KeptVoice;
  keepItem(item: Fields): Kept;
  /** Remembers an item as the last; gives the id of the one before. */
  follow(id: string): string | null;
  find(id: string): Fields | undefined;
  forget(id: string): boolean;
  /** What is to be answered: the user's last word. */
  last(): Said;
}

export interface Kept {
  readonly item: Fields;
  readonly previous: string | null;
}

export interface KeptVoice extends Kept {
  /** One decimal. */
  readonly seconds: string;
}

/** What the user said last. */
export type Said =
  | { readonly kind: "voice"; readonly samples: Int16Array<ArrayBuffer>; readonly seconds: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "nothing" };

const LONGEST = 30 * RATE;
/** Items are kept to be retrieved; a conversation of days must not fill the server. */
const MOST_ITEMS = 200;

export function createEchoMemory(): EchoMemory {
  let buffer: Int16Array<ArrayBuffer>[] = [];
  let size = 0;
  let last: Said = { kind: "nothing" };
  let lastId: string | null = null;
  const items = new Map<string, Fields>();

  const whole = (): Int16Array<ArrayBuffer> => {
    const joined = new Int16Array(size);
    let at = 0;
    for (const part of buffer) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  };
  const newId = (): string => `item_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
  const follow = (id: string): string | null => {
    const before = lastId;
    lastId = id;
    return before;
  };
  const keep = (item: Fields & { readonly id: string }): Kept => {
    items.set(item.id, item);
    const [oldest] = items.keys();
    if (items.size > MOST_ITEMS && oldest !== undefined) items.delete(oldest);
    return { item, previous: follow(item.id) };
  };

  return {
    newId,
    hear(samples) {
      const kept = samples.slice(0, LONGEST - size);
      buffer.push(kept);
      size += kept.length;
    },
    heard: () => size,
    keepLast(samples) {
      for (let first = buffer[0]; first && size - first.length >= samples; first = buffer[0]) {
        size -= first.length;
        buffer.shift();
      }
    },
    keepVoice(id) {
      const samples = whole();
      const seconds = (samples.length / RATE).toFixed(1);
      buffer = [];
      size = 0;
      last = { kind: "voice", samples, seconds };
      const content = [{ type: "input_audio", transcript: null }];
      const kept = keep({ id, object: "realtime.item", type: "message", role: "user", status: "completed", content });
      return { ...kept, seconds };
    },
    keepItem(item) {
      const id = typeof item.id === "string" ? item.id : newId();
      if (item.role === "user") last = { kind: "text", text: textOf(item) };
      return keep({ object: "realtime.item", status: "completed", ...item, id });
    },
    follow,
    find: (id) => items.get(id),
    forget: (id) => items.delete(id),
    last: () => last,
  };
}

function textOf({ content }: Fields): string {
  const parts: unknown[] = Array.isArray(content) ? content : [];
  return parts
    .map((part) => fieldsOf(part).text)
    .filter((text) => typeof text === "string")
    .join("\n")
    .slice(0, 2000);
}
