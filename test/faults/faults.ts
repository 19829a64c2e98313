import type { Orders } from "../support/stand-in/orders.ts";

/** `full`: the whole answer must come all the same. `error`: it cannot. `either`: whole, or one typed error. */
export type Expected = "full" | "error" | "either";

/** Something that a provider may do wrong, or strangely. */
export interface Fault {
  readonly name: string;
  readonly orders: Orders;
  readonly expected: Expected;
  /** In streams, in whole answers, or in both (unless given). */
  readonly only?: "stream" | "whole";
  /** The provider never ends it: the endpoint needs short deadlines. */
  readonly isSilent?: true;
}

/** Pieces of content in the answers that faults happen to. */
export const PIECES = 12;

const HTML = { "content-type": "text/html; charset=utf-8" };
const PAGE = "<!doctype html><h1>Bad gateway</h1><script>alert(1)</script>";
const CUTS = ["reset", "fin", "clean-end-without-done"] as const;

function refusal(status: number, name = "", headers: Record<string, string> = {}): Fault {
  return { name: `status ${status}${name}`, orders: { status, headers }, expected: "error" };
}

/** Places where a connection breaks, phase by phase. */
const CUT_FAULTS = CUTS.flatMap((cut): readonly Fault[] => [
  ...(cut === "clean-end-without-done"
    ? []
    : [{ name: `${cut} before the head`, orders: { cutBeforeHead: true, cut }, expected: "error" } as const]),
  { name: `${cut} after the head`, orders: { cutAfterBytes: 0, cut }, expected: "error" },
  { name: `${cut} in the first event`, orders: { cutAfterBytes: 9, cut }, expected: "error" },
  { name: `${cut} in the middle`, orders: { cutAfterEvents: 6, cut }, expected: "error", only: "stream" },
  { name: `${cut} before the terminal marker`, orders: { cutAfterEvents: -1, cut }, expected: "error", only: "stream" },
  { name: `${cut} in the last event`, orders: { cutAfterBytes: -9, cut }, expected: "error" },
]);

/** Every status that matters, and every way to say when to come back. */
const STATUS_FAULTS: readonly Fault[] = [
  ...[400, 401, 403, 404, 408, 413, 422, 500, 502, 503, 504, 529].map((status) => refusal(status)),
  refusal(429),
  refusal(429, ", retry-after in seconds", { "retry-after": "30" }),
  refusal(429, ", retry-after at once", { "retry-after": "0" }),
  refusal(429, ", retry-after as a date", { "retry-after": "Fri, 31 Dec 2100 23:59:59 GMT" }),
  refusal(429, ", retry-after-ms", { "retry-after-ms": "100" }),
  refusal(429, ", retry-after that is none", { "retry-after": "soon" }),
  { name: "status 500 with a page", orders: { status: 500, body: PAGE, headers: HTML }, expected: "error" },
  { name: "status 429 with nothing", orders: { status: 429, body: "" }, expected: "error" },
  {
    name: "redirect",
    orders: { status: 302, body: "", headers: { location: "http://127.0.0.1:9/v1" } },
    expected: "error",
  },
];

const BODY_FAULTS: readonly Fault[] = [
  { name: "page inside 200", orders: { status: 200, body: PAGE, headers: HTML }, expected: "error" },
  { name: "page that says JSON", orders: { status: 200, body: PAGE }, expected: "error" },
  { name: "error inside 200", orders: { status: 200 }, expected: "error" },
  { name: "nothing inside 200", orders: { status: 200, body: "" }, expected: "error" },
  {
    name: "nothing inside 200 that says events",
    orders: { status: 200, body: "", headers: { "content-type": "text/event-stream" } },
    expected: "error",
    only: "stream",
  },
  { name: "wrong content type", orders: { headers: { "content-type": "text/css" } }, expected: "error" },
  { name: "gzip", orders: { gzip: true }, expected: "full" },
  { name: "gzip that is none", orders: { headers: { "content-encoding": "gzip" } }, expected: "error" },
  { name: "content-length too long", orders: { lengthOff: 40 }, expected: "either" },
  { name: "content-length too short", orders: { lengthOff: -9 }, expected: "error" },
  { name: "a cookie", orders: { headers: { "set-cookie": "a=b", "clear-site-data": '"*"' } }, expected: "full" },
];

const STREAM_FAULTS: readonly Fault[] = [
  { name: "split at every byte", orders: { split: "byte" }, expected: "full" },
  { name: "split at random", orders: { split: "random", seed: 7 }, expected: "full" },
  { name: "CRLF", orders: { newline: "crlf" }, expected: "full", only: "stream" },
  { name: "CR", orders: { newline: "cr" }, expected: "full", only: "stream" },
  { name: "byte order mark and comments", orders: { bom: true, comments: true }, expected: "full", only: "stream" },
  { name: "unknown events", orders: { unknownEvents: true }, expected: "full" },
  { name: "huge line", orders: { events: 2, pieceLength: 700_000 }, expected: "full" },
  { name: "line that is too long", orders: { events: 1, pieceLength: 1_500_000 }, expected: "either", only: "stream" },
  { name: "malformed first event", orders: { malformedEvent: 0 }, expected: "either", only: "stream" },
  { name: "malformed event", orders: { malformedEvent: 6 }, expected: "either", only: "stream" },
  { name: "error as the first event", orders: { errorInStream: 0 }, expected: "error", only: "stream" },
  { name: "error in the middle", orders: { errorInStream: 6 }, expected: "error", only: "stream" },
];

const SLOW_FAULTS: readonly Fault[] = [
  { name: "slow first byte", orders: { firstByteDelayMs: 400 }, expected: "full" },
  { name: "silence", orders: { hang: true }, expected: "error", isSilent: true },
  { name: "silence after the head", orders: { hang: "after-headers" }, expected: "error", isSilent: true },
  { name: "silence in the middle", orders: { hangAfterEvents: 6 }, expected: "error", isSilent: true },
];

const SOUND: Fault = { name: "no fault", orders: {}, expected: "full" };

export const FAULTS: readonly Fault[] = [
  SOUND,
  ...CUT_FAULTS,
  ...STATUS_FAULTS,
  ...BODY_FAULTS,
  ...STREAM_FAULTS,
  ...SLOW_FAULTS,
];
