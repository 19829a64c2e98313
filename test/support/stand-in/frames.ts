import { EventStreamCodec } from "@smithy/core/event-streams";
import type { Framing, StreamEvent } from "./answers.ts";
import type { Orders } from "./orders.ts";

/** `content-type` of a stream. */
export const STREAM_TYPES: Readonly<Record<Framing, string>> = {
  sse: "text/event-stream; charset=utf-8",
  "google-sse": "text/event-stream",
  "json-array": "application/json; charset=UTF-8",
  aws: "application/vnd.amazon.eventstream",
};

/** A stream's events as they go over the wire. */
export function encodeEvents(events: readonly StreamEvent[], framing: Framing, orders: Orders): readonly Buffer[] {
  const parts = soundEvents(events, framing, orders);
  return parts.map((part, at) => (at === orders.malformedEvent ? broken(part, framing) : part));
}

/** The same event, of which nobody can make sense. */
function broken(part: Buffer, framing: Framing): Buffer {
  if (framing !== "aws") return Buffer.from(part.toString().replace(/\}(\s*)$/, "$1"));
  const frame = Buffer.from(part);
  frame.writeUInt8((frame.at(-1) ?? 0) ^ 1, frame.length - 1);
  return frame;
}

function soundEvents(events: readonly StreamEvent[], framing: Framing, orders: Orders): readonly Buffer[] {
  switch (framing) {
    case "aws":
      return events.map(awsFrame);
    case "json-array":
      return events.map(({ data }, at) => {
        const [before, after] = [at === 0 ? "[" : ",\r\n", at === events.length - 1 ? "\n]\n" : ""];
        return Buffer.from(`${before}${JSON.stringify(data, null, 2)}${after}`);
      });
    case "google-sse":
      return events.map((event, at) => sseEvent(event, at, { newline: "crlf", ...orders }));
    case "sse":
      return events.map((event, at) => sseEvent(event, at, orders));
  }
}

const NEWLINES = { lf: "\n", crlf: "\r\n", cr: "\r" } as const;

function sseEvent({ event, data }: StreamEvent, at: number, orders: Orders): Buffer {
  const lines = [
    ...(orders.comments ? [`: comment ${at}`] : []),
    ...(event === undefined ? [] : [`event: ${event}`]),
    `data: ${typeof data === "string" ? data : JSON.stringify(data)}`,
    "",
    "",
  ];
  const newline = NEWLINES[orders.newline ?? (orders.crlf ? "crlf" : "lf")];
  return Buffer.from((orders.bom && at === 0 ? "\uFEFF" : "") + lines.join(newline));
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

function awsFrame({ event = "", data }: StreamEvent): Buffer {
  const kind = event.endsWith("Exception") ? "exception" : "event";
  const string = (value: string) => ({ type: "string" as const, value });
  const headers = {
    [`:${kind}-type`]: string(event),
    ":content-type": string("application/json"),
    ":message-type": string(kind),
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(data)) }));
}
