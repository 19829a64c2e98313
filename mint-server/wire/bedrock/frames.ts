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
  let held = new Uint8Array(0);
  let isBroken = false;
  const next = (): Uint8Array | undefined => {
    if (held.length < 4) return undefined;
    const size = new DataView(held.buffer, held.byteOffset, 4).getUint32(0);
    if (size < MIN_FRAME_BYTES || size > MAX_FRAME_BYTES) throw new RangeError("no frame");
    if (held.length < size) return undefined;
    const frame = held.subarray(0, size);
    held = held.subarray(size);
    return frame;
  };
  return {
    feed(chunk) {
      if (isBroken) return false;
      held = joined(held, chunk);
      try {
        for (let frame = next(); frame; frame = next()) onEvent(toEvent(codec.decode(frame)));
      } catch {
        isBroken = true;
      }
      return !isBroken;
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

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The frames of AWS's event streams. */
export const AWS_EVENT_STREAM: Framing = {
  contentType: "application/vnd.amazon.eventstream",
  isBinary: true,
  createReader({ onEvent, onBroken }) {
    const frames = createFrameReader(onEvent);
    return (chunk) => {
      if (!frames.feed(chunk)) onBroken();
    };
  },
};
