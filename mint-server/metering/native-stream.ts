import { type Chunk, createTextReader } from "../contract/bytes.ts";
import type { StreamTerminal } from "../contract/endpoints.ts";
import { type ErrorSchema, errorEvent } from "../contract/error-shapes.ts";
import { createEventParser } from "../contract/event-parser.ts";
import { type ErrorDetails, TRUNCATED } from "../contract/openai-error.ts";
import { createStreamJudge } from "../contract/sse.ts";
import { createEventHold } from "../contract/whole-events.ts";
import type { Translation } from "../wire/pump.ts";
import { asObject, isObject, type Json, parse } from "../wire/read.ts";
import type { WireEvent } from "../wire/wire-format.ts";
import { createArraySplitter } from "./array-stream.ts";
import { createMeter, type MeterOptions } from "./meter.ts";
import { type MeteredStream, stoppable } from "./metered-stream.ts";
import type { UsageFormat } from "./usage.ts";

export interface NativeStreamOptions extends MeterOptions {
  readonly format: UsageFormat;
  readonly terminal: StreamTerminal;
  /** The schema in which the caller reads errors. */
  readonly errors: ErrorSchema;
  /** Whether the stream is one JSON array, as Gemini's is without `?alt=sse`. */
  readonly isArray: boolean;
  /** Whether the caller is not to see the event that holds nothing but the usage, since they did not ask for it. */
  readonly hidesUsage: boolean;
  /** Told each event's data. */
  readonly hear?: ((data: string) => void) | undefined;
}

/**
 * Hands a stream in the caller's own schema on, event by event and byte for byte, and counts it. If the provider
 * breaks off, or ends without its terminal marker, one typed error event takes the place of what is missing.
 */
export function meterNativeStream(options: NativeStreamOptions): MeteredStream {
  const { format, terminal, errors, isArray, hidesUsage, hear } = options;
  const meter = createMeter(options);
  const judge = createStreamJudge(terminal);
  const usageOf = format.createStreamReader();
  const settle = (): void => meter.settle(judge.state === "complete");
  const read = ({ event, data }: WireEvent): boolean => {
    const content = asObject(parse(data));
    const usage = content && usageOf(content);
    if (usage) meter.tell(usage);
    if (content) meter.hear(format.said(content));
    judge.see(event, data);
    hear?.(data);
    if (judge.state === "complete" && meter.isTold) settle();
    return !(hidesUsage && usage && content && isUsageAlone(content));
  };
  const passage = isArray ? createArrayPassage(read) : createEventPassage(read, errors);
  const inner: Translation = {
    feed: passage.feed,
    end() {
      settle();
      return judge.state === "open" ? passage.error(TRUNCATED, 502) : passage.rest();
    },
    // What follows the terminal marker is the caller's too.
    done: false,
    get isComplete() {
      return judge.state === "complete";
    },
  };
  return stoppable({ inner, say: passage.error, isOver: () => judge.state !== "open", onEnd: settle });
}

/** The event that OpenAI adds to a stream which was asked for its usage. */
function isUsageAlone({ choices, usage }: Json): boolean {
  return Array.isArray(choices) && choices.length === 0 && isObject(usage);
}

/** Longest event that is looked into, in characters; longer ones pass, and a stream that has one is never complete. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

/** Right after a blank line. The first half of CR LF is no line end of its own. */
const AFTER_EVENT = /(?<=(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n)))/;

/** True if the event may be seen. */
type Read = (event: WireEvent) => boolean;

/** What passes, as it came. */
interface Passage {
  feed(chunk: Chunk): string;
  /** What is still held when the stream has ended as it should. */
  rest(): string;
  /** Takes the place of what is held and what does not come. */
  error(details: ErrorDetails, status: number): string;
}

function createEventPassage(read: Read, errors: ErrorSchema): Passage {
  const hold = createEventHold<string>();
  const textOf = createTextReader({ keepsMark: true });
  let isSeen = true;
  let endedInCR = false;
  const parser = createEventParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent(event) {
      isSeen = read(event);
    },
  });
  const pass = (block: string): string => {
    // The second half of a CR LF whose first half went with an event that was left out.
    const own = !isSeen && endedInCR ? block.replace(/^\n/, "") : block;
    isSeen = true;
    endedInCR = block.endsWith("\r");
    // A line that ends in CR alone would be kept until the next one begins.
    parser.feed(own.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n"));
    return isSeen ? own : "";
  };
  return {
    feed(chunk) {
      const text = hold.take(textOf(chunk)).join("");
      return text === "" ? "" : text.split(AFTER_EVENT).map(pass).join("");
    },
    rest: () => hold.rest().join(""),
    error: (details, status) => errorEvent(details, errors, status),
  };
}

function createArrayPassage(read: Read): Passage {
  const splitter = createArraySplitter();
  const textOf = createTextReader({ keepsMark: true });
  return {
    feed(chunk) {
      const seen = splitter.take(textOf(chunk)).filter(({ json }) => read({ data: json }));
      return seen.map(({ raw }) => raw).join("");
    },
    rest: splitter.rest,
    error: splitter.error,
  };
}
