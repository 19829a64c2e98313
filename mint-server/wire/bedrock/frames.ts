import { EventStreamCodec } from "@smithy/core/event-streams";
import { utf8 } from "../../contract/bytes.ts";
import type { Framing, WireEvent } from "../wire-format.ts";

/** Longest frame that is taken, in bytes. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Length, headers' length, their checksum, and the message's. */
const MIN_FRAME_BYTES = 16;

export interface FrameReader {
  /** Takes bytes as they come. False: they are no frames, or a checksum is wrong, and nothing after can be read. */
  feed(chunk: Uint8Array): boolean;
}

const decodeText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/**
 * Cuts AWS's event stream (`application/vnd.amazon.eventstream`) into its frames, each checked against its two CRC-32s. An
 * exception's frame becomes an event whose name is `exception:` and its type.
 */
export function createFrameReader(onEvent: (event: WireEvent) => void): FrameReader {
  const codec = new EventStreamCodec(decodeText, utf8);
  const held = createHeld();
  let isBroken = false;
  const next = (): Uint8Array | undefined => {
    const size = held.peekSize();
    if (size === undefined) return undefined;
    if (size < MIN_FRAME_BYTES || size > MAX_FRAME_BYTES) throw new RangeError("no frame");
    return held.take(size);
  };
  return {
    feed(chunk) {
      if (isBroken) return false;
      held.add(chunk);
      try {
        for (let frame = next(); frame; frame = next()) onEvent(toEvent(codec.decode(frame)));
      } catch {
        isBroken = true;
      }
      return !isBroken;
    },
  };
}

/** Least room that is made at once, in bytes. */
const MIN_ROOM_BYTES = 1024;

/**
 * Bytes that wait for the rest of their frame. Room doubles, so that each byte is moved about twice, however small the pieces in
 * which it comes.
 */
function createHeld() {
  let room = new Uint8Array(0);
  let start = 0;
  let end = 0;
  return {
    add(chunk: Uint8Array): void {
      if (end + chunk.length > room.length) {
        const length = end - start + chunk.length;
        // Frames that were taken are views of the old room, which is theirs from now on.
        const larger = new Uint8Array(Math.max(MIN_ROOM_BYTES, 2 * length));
        larger.set(room.subarray(start, end));
        [room, start, end] = [larger, 0, end - start];
      }
      room.set(chunk, end);
      end += chunk.length;
    },
    /** The length that the next frame says it has. */
    peekSize(): number | undefined {
      return end - start < 4 ? undefined : new DataView(room.buffer, start, 4).getUint32(0);
    },
    take(size: number): Uint8Array | undefined {
      if (end - start < size) return undefined;
      const taken = room.subarray(start, start + size);
      start += size;
      return taken;
    },
  };
}

function toEvent({ headers, body }: ReturnType<EventStreamCodec["decode"]>): WireEvent {
  const header = (name: string) => String(headers[name]?.value ?? "");
  const type = header(":message-type");
  const event =
    type === "event" ? header(":event-type") : `exception:${header(":exception-type") || header(":error-code")}`;
  const data = decodeText(body);
  return { event, data: type === "error" ? JSON.stringify({ message: header(":error-message") }) : data };
}

/** The frames of AWS's event streams. */
export const AWS_EVENT_STREAM: Framing = {
  contentType: "application/vnd.amazon.eventstream",
  isBinary: true,
  createReader({ onEvent, onBroken }) {
    const frames = createFrameReader(onEvent);
    return (chunk) => {
      if (!frames.feed(typeof chunk === "string" ? utf8(chunk) : chunk)) onBroken();
    };
  },
};
