const CRLF = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK_REST = 2;

/**
 * Reads one HTTP/1.1 answer after another off a connection (RFC 9112 §6, §7.1), and keeps of each only what is measured.
 *
 * Written out here because the load must cost less than the server under it: with Node's own client it costs more, the
 * server waits for work, and what is measured is how it goes to sleep and wakes up.
 */
export interface AnswerReader {
  /** Takes the next bytes; true once the answer is complete. */
  feed(bytes: Buffer): boolean;
  readonly status: number;
  /** Bytes of the body so far, without what chunking adds. */
  readonly sizeBytes: number;
  /** Made to begin again, for the connection's next answer. */
  reset(): void;
}

type Part = "head" | "body" | "chunk-size" | "chunk" | "end";

export function createAnswerReader(): AnswerReader {
  let part: Part = "head";
  let pending: Buffer = Buffer.alloc(0);
  let status = 0;
  let sizeBytes = 0;
  /** Bytes that the part still needs. */
  let left = 0;

  function takeHead(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return undefined;
    const head = bytes.toString("latin1", 0, end).toLowerCase();
    status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    if (length === undefined && !head.includes("\r\ntransfer-encoding: chunked"))
      throw new Error("the answer has no end");
    left = Number(length ?? 0);
    part = length === undefined ? "chunk-size" : "body";
    return bytes.subarray(end + HEAD_END.length);
  }

  function takeChunkSize(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(CRLF);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", 0, end), 16);
    sizeBytes += size;
    part = size === 0 ? "end" : "chunk";
    left = size === 0 ? LAST_CHUNK_REST : size + CRLF.length;
    return bytes.subarray(end + CRLF.length);
  }

  function skip(bytes: Buffer): Buffer {
    const taken = Math.min(left, bytes.length);
    left -= taken;
    if (part === "body") sizeBytes += taken;
    else if (part === "chunk" && left === 0) part = "chunk-size";
    return bytes.subarray(taken);
  }

  return {
    feed(bytes) {
      let rest: Buffer = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      pending = Buffer.alloc(0);
      while (rest.length > 0) {
        const next = part === "head" ? takeHead(rest) : part === "chunk-size" ? takeChunkSize(rest) : skip(rest);
        if (next === undefined) {
          pending = rest;
          return false;
        }
        rest = next;
      }
      return (part === "body" || part === "end") && left === 0;
    },
    get status() {
      return status;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    reset() {
      part = "head";
      status = 0;
      sizeBytes = 0;
      left = 0;
    },
  };
}
