import { createHash } from "node:crypto";
import type { OrderedCall, OrderedCitation, Orders, TokenCounts } from "./orders.ts";
import { sampleOf } from "./sample.ts";
import type { Turn } from "./turn.ts";

export type Finish = "stop" | "length" | "content_filter" | "refusal" | "tool_calls";

/** What the stand-in answers, in no format's words. `pieces` concatenate to the text. */
export interface Reply {
  /** Same for the same request: what identifiers are made from. */
  readonly seed: string;
  readonly reasoning: string | undefined;
  readonly redacted: boolean;
  readonly pieces: readonly string[];
  readonly calls: readonly OrderedCall[];
  readonly finish: Finish;
  readonly citations: readonly OrderedCitation[];
  readonly usage: TokenCounts;
  readonly orders: Orders;
}

const GREETING = "Hello from the stand-in.";

/** The answer to a turn: what is ordered, else what a willing model would do. */
export function replyTo(turn: Turn, orders: Orders, body: Buffer): Reply {
  const { calls, refused } = callsIn(turn, orders);
  const pieces = piecesIn(turn, orders, { calls, refused });
  const { reasoning } = orders;
  const thoughts = reasoning === undefined ? 0 : reasoning.split(" ").length;
  return {
    seed: createHash("sha256").update(body).digest("hex"),
    reasoning,
    redacted: orders.redacted ?? false,
    pieces,
    calls,
    finish: orders.finish ?? (calls.length > 0 ? "tool_calls" : "stop"),
    citations: orders.citations ?? [],
    usage: {
      input: 9,
      cached: 0,
      cacheWrite: 0,
      output: pieces.length + thoughts + calls.length,
      reasoning: thoughts,
      ...orders.usage,
    },
    orders,
  };
}

interface Called {
  readonly calls: readonly OrderedCall[];
  /** Why something that was ordered was not called. */
  readonly refused?: string | undefined;
}

function callsIn(turn: Turn, orders: Orders): Called {
  const wanted = orders.toolCalls ?? wantedCalls(turn, orders);
  if (wanted.length === 0) return { calls: [] };
  if (turn.choice.kind === "none") return { calls: [], refused: "The request says that no tool may be called." };
  const missing = wanted.filter((call) => !turn.tools.some(({ name }) => name === call.name)).map(({ name }) => name);
  if (missing.length > 0) return { calls: [], refused: `The request does not offer the tool ${missing.join(", ")}.` };
  return { calls: turn.oneCall ? wanted.slice(0, 1) : wanted };
}

/** Without orders: what the user names (`call:weather`), or what the request insists on. */
function wantedCalls(turn: Turn, orders: Orders): readonly OrderedCall[] {
  const sampled = ({ name, schema }: Turn["tools"][number]) => ({ name, arguments: sampleOf(schema) as object });
  const named = [...turn.userText.matchAll(/call:([\w.-]+)/g)].map(([, name]) => name);
  const asked = turn.tools.filter(({ name }) => named.includes(name)).map(sampled);
  const open = orders.text === undefined && orders.events === undefined;
  if (asked.length > 0 && open && turn.choice.kind !== "none") return asked as OrderedCall[];
  if (turn.choice.kind !== "any") return [];
  const { names } = turn.choice;
  const forced = turn.tools.find(({ name }) => names?.includes(name) ?? true);
  if (forced === undefined) return [];
  // Where structured output is made of a tool that must be called, its arguments are the output.
  return [
    orders.json === undefined ? sampled(forced) : { name: forced.name, arguments: parsed(orders.json) },
  ] as OrderedCall[];
}

function piecesIn(turn: Turn, orders: Orders, { calls, refused }: Called): readonly string[] {
  const { events, text, pieceLength = 0 } = orders;
  if (events !== undefined) return Array.from({ length: events }, (_, at) => `w${at} `.padEnd(pieceLength, "."));
  if (text !== undefined) return words(text);
  if (refused) return words(refused);
  if (calls.length > 0) return [];
  if (turn.results.length > 0) return words(`Tool results: ${JSON.stringify(turn.results)}`);
  if (orders.json !== undefined) {
    return turn.json ? cut(textOf(orders.json)) : words("The request does not ask for JSON.");
  }
  if (turn.json) return cut(JSON.stringify(sampleOf(turn.json.schema)));
  return words(GREETING);
}

const words = (text: string) => text.split(/(?<= )/);
const cut = (text: string) => text.match(/.{1,5}/gsu) ?? [];
const textOf = (json: unknown) => (typeof json === "string" ? json : JSON.stringify(json));
const parsed = (json: unknown): unknown => (typeof json === "string" ? JSON.parse(json) : json);

/** A tool call's arguments as JSON, in the pieces that a stream sends. */
export function argumentPieces(call: OrderedCall, { argumentSplits = "ordinary" }: Orders): readonly string[] {
  if (argumentSplits === "hard") return escaped(JSON.stringify(call.arguments)).split("");
  return JSON.stringify(call.arguments).match(/.{1,7}/gsu) ?? [];
}

/** Letters beyond ASCII as escapes, every other one: JSON may be written either way. */
function escaped(json: string): string {
  let count = 0;
  return json.replace(/[^\0-~]/gu, (letter) => {
    if (count++ % 2 === 1) return letter;
    return letter.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  });
}
