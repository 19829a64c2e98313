/** A tool call that the answer should hold, if the request offers the tool. */
export interface OrderedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Something that the answer cites. */
export interface OrderedCitation {
  readonly url: string;
  readonly title: string;
}

/** Tokens, counted as OpenAI does: `input` holds `cached` and `cacheWrite`, `output` holds `reasoning`. */
export interface TokenCounts {
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

/**
 * What a request asks of the stand-in, beyond an ordinary answer. Travels in the request's body, since the mint-server
 * forwards a fixed list of headers: as a JSON string in the field `metadata.stand_in`, in a multipart field `stand_in`,
 * or, where a translation would lose the field, inside the text of a message; see {@link orderInText}.
 */
export interface Orders extends ContentOrders, StreamOrders {
  /** Pieces of content in the answer: `w0 w1 …`, in a stream one event each. */
  readonly events?: number;
  /** The answer's content; with `events` unset, a stream sends it word by word. */
  readonly text?: string;
  /** Fills each piece of `events` up to so many characters. */
  readonly pieceLength?: number;
  /** Milliseconds between the events of a stream. */
  readonly everyMs?: number;
  /** Sends the body in writes of one byte, of 1 to 64 bytes (from `seed`), or of so many bytes. */
  readonly split?: "byte" | "random" | number;
  readonly seed?: number;
  /** Each event of the stream waits for `standIn.gate(name).allow()`. */
  readonly gate?: string;
  /** Stops a stream after so many events, in the way that `cut` says; below 0: so many before its end. */
  readonly cutAfterEvents?: number;
  /** Stops any answer after so many bytes of its body; below 0: so many before its end. */
  readonly cutAfterBytes?: number;
  /** Cuts the connection before the answer's headers. */
  readonly cutBeforeHead?: boolean;
  /** Sends so many events of a stream, or none of a whole answer, and then nothing more. */
  readonly hangAfterEvents?: number;
  /** `reset`: TCP reset (default). `fin`: closed inside the body. `clean-end-without-done`: a well-formed end, too early. */
  readonly cut?: "reset" | "fin" | "clean-end-without-done";
  readonly status?: number;
  /** `status`, `body` and `cut…` apply to the first so many requests with this very body; the next ones succeed. */
  readonly times?: number;
  /** Replaces or adds answer headers. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** States a `content-length` that is so many bytes wrong, and closes the connection after the body. */
  readonly lengthOff?: number;
  /** Compresses the body and says so. */
  readonly gzip?: boolean;
  /** Replaces the answer's body: a string as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Milliseconds before the answer's headers are sent. */
  readonly firstByteDelayMs?: number;
  /** `true`: never answers. `"after-headers"`: sends the headers and then nothing. */
  readonly hang?: boolean | "after-headers";
  /** Line ends of a stream; `crlf: true` is short for `"crlf"`. */
  readonly newline?: "lf" | "crlf" | "cr";
  readonly crlf?: boolean;
  /** Starts a stream with a byte order mark. */
  readonly bom?: boolean;
  /** Puts a comment line before each event of a stream. */
  readonly comments?: boolean;
}

/** What the answer holds, in no format's words. */
interface ContentOrders {
  /** What the model thinks first, with a signature of the format's kind that is checked when it comes back. */
  readonly reasoning?: string;
  /** The thoughts are sent in the form that nobody can read, where the format has one. */
  readonly redacted?: boolean;
  /** Tools to call, several at once if there are several. One that the request does not offer is named in the text. */
  readonly toolCalls?: readonly OrderedCall[];
  /** Why the answer ends; `stop`, or that tools are called, unless given. `refusal`: the content is a refusal. */
  readonly finish?: "stop" | "length" | "content_filter" | "refusal";
  /** The structured output: only a request that asks for JSON gets it. A string as it is, anything else as JSON. */
  readonly json?: unknown;
  readonly citations?: readonly OrderedCitation[];
  readonly usage?: Partial<TokenCounts>;
}

/** How a format's stream is cut up. */
interface StreamOrders {
  /** Ends the stream after so many events with an error event of the format's kind. */
  readonly errorInStream?: number;
  /** The event of this number (from 0) is broken: its JSON ends early, or its frame's checksum is wrong. */
  readonly malformedEvent?: number;
  /** Puts events, blocks and fields that nobody knows between those that are known. */
  readonly unknownEvents?: boolean;
  /** Gemini: parts in each event (1 unless given). */
  readonly partsPerEvent?: number;
  /**
   * How a tool call's arguments are cut: every seven characters, or `hard`: each UTF-16 unit by itself, which cuts
   * through escapes and surrogate pairs.
   */
  readonly argumentSplits?: "ordinary" | "hard";
  /** Chat Completions: how the chunks of several tool calls name the call they belong to, as OpenAI-like servers do. */
  readonly toolIndexes?: "ordinary" | "missing" | "repeated" | "interleaved";
}

/** A request's body as the stand-in understands it: the JSON object, or the text fields of a multipart form. */
export type Fields = Readonly<Record<string, unknown>>;

/** The body's fields, or `undefined` where it is neither a JSON object nor a multipart form. */
export async function readFields(body: Buffer<ArrayBuffer>, contentType: string): Promise<Fields | undefined> {
  if (contentType.startsWith("multipart/form-data")) {
    try {
      const form = await new Response(body, { headers: { "content-type": contentType } }).formData();
      return Object.fromEntries(
        [...form].map(([name, value]) => [name, typeof value === "string" ? value : value.name]),
      );
    } catch {
      return undefined;
    }
  }
  const value = parse(body.toString());
  return isObject(value) ? value : undefined;
}

/**
 * Orders as text, for a message that is translated on its way.
 *
 * @example
 * { role: "user", content: `What is the weather? ${orderInText({ toolCalls: [{ name: "weather", arguments: {} }] })}` }
 */
export function orderInText(orders: Orders): string {
  return `stand-in-order:${Buffer.from(JSON.stringify(orders)).toString("base64url")};`;
}

const IN_TEXT = /stand-in-order:([\w-]+);/g;

/**
 * The orders of a request; none is an ordinary answer. Of several in the text the last one counts. Once the tools have
 * been called (`toolResults` is the text of what they gave) only an order within their results does: else a
 * conversation would call the same tools for ever.
 */
export function readOrders(fields: Fields, raw = "", toolResults?: string): Orders {
  const metadata = isObject(fields.metadata) ? fields.metadata : fields;
  const value = typeof metadata.stand_in === "string" ? parse(metadata.stand_in) : metadata.stand_in;
  if (isObject(value)) return value as Orders;
  const last = [...(toolResults ?? raw).matchAll(IN_TEXT)].at(-1)?.[1];
  const ordered = last === undefined ? undefined : parse(Buffer.from(last, "base64url").toString());
  return isObject(ordered) ? (ordered as Orders) : {};
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
