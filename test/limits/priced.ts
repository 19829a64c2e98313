import type { RecordedRequest } from "../support/stand-in/log.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

/** What the catalog asks for gpt-4o, in micro-dollars a token. */
const INPUT = 2.5;
const OUTPUT = 10;

/** A chat request whose cost is known. Money in micro-dollars. */
export interface Priced {
  readonly body: string;
  /** What it costs at worst. */
  readonly hold: number;
  /** What it costs, by what the stand-in tells of it. */
  readonly cost: number;
}

export interface PricedOptions {
  /** Tokens that the stand-in writes, one an event. */
  readonly output?: number;
  /** Stated maximum; `output` unless given, so that the worst case comes true. */
  readonly max?: number;
  /** Share of its input that the stand-in charges for. */
  readonly inputShare?: number;
  readonly orders?: Orders;
  readonly fields?: object;
}

/** A request that the stand-in charges all its bytes for, a token each: what is set aside is used, unless the options say otherwise. */
export function priced({ output = 20, max = output, inputShare = 1, orders, fields }: PricedOptions = {}): Priced {
  const bodyFor = (input: number): string => {
    const usage = { input, output };
    return JSON.stringify(chat({ events: output, usage, ...orders }, { max_tokens: max, ...fields }));
  };
  // Its length has three digits, whatever the number is.
  const bytes = bodyFor(999).length;
  if (bytes > 999) throw new RangeError("too long a request");
  const input = Math.max(100, Math.floor(bytes * inputShare));
  return {
    body: bodyFor(input),
    hold: Math.ceil(bytes * INPUT) + max * OUTPUT,
    cost: Math.ceil(input * INPUT + output * OUTPUT),
  };
}

/** What a provider would ask for what it was sent: of a stream that was left or cut, what it had written by then. */
export function trueMicros(requests: readonly RecordedRequest[]): number {
  return requests.reduce((sum, { orders, fields, eventsSent }) => {
    const { input = 0, output = 0 } = orders.usage ?? {};
    const written = fields.stream === true ? Math.min(output, eventsSent) : output;
    return sum + Math.ceil(input * INPUT + written * OUTPUT);
  }, 0);
}

export const dollars = (micros: number): number => micros / 1e6;

/** Micro-dollars in `x-mintgate-remaining`. */
export function microsLeft(answer: Response): number {
  return Math.round(leftOf(answer, "usd") * 1e6);
}

export function leftOf(answer: Response, name: "usd" | "tokens" | "requests"): number {
  const header = answer.headers.get("x-mintgate-remaining") ?? "";
  return Number(new RegExp(`(?:^|, )${name}=([\\d.]+)`).exec(header)?.[1] ?? Number.NaN);
}

/** Numbers from 0 to 1 that look random, and are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** An error's body; Gemini's says the code among its details. */
interface PublicError {
  readonly code?: string | number;
  readonly details?: readonly { readonly metadata?: { readonly code?: string } }[];
}

/** `status code` of an answer, read to its end; `left` where the caller aborted, or the server was gone. */
export async function outcomeOf(answer: Promise<Response>): Promise<string> {
  try {
    const response = await answer;
    const text = await response.text();
    const { code, details } = (response.ok ? {} : JSON.parse(text).error) as PublicError;
    if (typeof code === "number") return `${response.status} ${details?.[0]?.metadata?.code}`;
    return code === undefined ? String(response.status) : `${response.status} ${code}`;
  } catch {
    return "left";
  }
}

/** How often each outcome came. */
export function tally(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
