/**
 * What a request asks of the stand-in, beyond an ordinary answer. Travels in the request's body, since the mint-server
 * forwards a fixed list of headers: as a JSON string in the field `metadata.stand_in`, or in a multipart field
 * `stand_in`.
 */
export interface Orders {
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
  /** Stops a stream after so many events, in the way that `cut` says. */
  readonly cutAfterEvents?: number;
  /** Stops any answer after so many bytes of its body. */
  readonly cutAfterBytes?: number;
  /** `reset`: TCP reset (default). `fin`: closed inside the body. `clean-end-without-done`: a well-formed end, too early. */
  readonly cut?: "reset" | "fin" | "clean-end-without-done";
  readonly status?: number;
  /** `status`, `body` and `cut…` apply to the first so many requests with this very body; the next ones succeed. */
  readonly times?: number;
  /** Replaces or adds answer headers. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
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

/** The orders in a request's fields; none is an ordinary answer. */
export function readOrders(fields: Fields): Orders {
  const metadata = isObject(fields.metadata) ? fields.metadata : fields;
  const orders = metadata.stand_in;
  const value = typeof orders === "string" ? parse(orders) : orders;
  return isObject(value) ? (value as Orders) : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
