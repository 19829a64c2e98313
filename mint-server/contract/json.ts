/** Why a text is not acceptable JSON. `duplicate_key` names the member where it is known. */
export type JsonProblem =
  | { readonly kind: "malformed" }
  | { readonly kind: "too_deep"; readonly maxDepth: number }
  | { readonly kind: "duplicate_key" }
  | { readonly kind: "lone_surrogate" };

export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: JsonProblem };

/** Deepest nesting accepted. */
const MAX_DEPTH = 64;

/**
 * `JSON.parse`, but strict where parsers differ (RFC 8259 §4, §8.2): a repeated member or half of a surrogate pair is
 * refused, since a provider might read it otherwise than we did when we checked it.
 *
 * Repeated members are found by counting: valid JSON has one structural colon a member, and the parsed value has kept
 * only the last of each name.
 */
export function parseJson(text: string): JsonResult {
  const structure = scanStructure(text);
  if (structure.depth > MAX_DEPTH) return failed({ kind: "too_deep", maxDepth: MAX_DEPTH });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failed({ kind: "malformed" });
  }
  if (countMembers(value) !== structure.colons) return failed({ kind: "duplicate_key" });
  if (structure.escapes && !isWellFormed(value)) return failed({ kind: "lone_surrogate" });
  return { ok: true, value };
}

function failed(problem: JsonProblem): JsonResult {
  return { ok: false, problem };
}

interface Structure {
  readonly depth: number;
  readonly colons: number;
  /** A `\u` escape occurs in a string: the only way for a lone surrogate to come out of decoded UTF-8. */
  readonly escapes: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

function scanStructure(text: string): Structure {
  let depth = 0;
  let deepest = 0;
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) colons++;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return { depth: deepest, colons, escapes: text.includes("\\u") };
}

/** Index of the quote that closes the string opened at `open`; the text's end if none does. */
function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) {
    let members = 0;
    for (const item of value) members += countMembers(item);
    return members;
  }
  let members = 0;
  for (const key in value) members += 1 + countMembers((value as Record<string, unknown>)[key]);
  return members;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member));
}

/** With fewer digits than this, and no exponent, every number survives (15 are safe in IEEE 754's double precision). */
const SUSPICIOUS = /\d[eE]|\d[\d.]{15}/;
const NUMBER = /-?\d[\d.eE+-]*/y;

/**
 * The first number in a JSON text that JavaScript cannot hold as it is written, such as `9007199254740993` or `1e400`: read and
 * written again it would be another. Spellings of the same value, such as `1.0` and `1e2`, are no loss.
 */
export function findLossyNumber(text: string): string | undefined {
  if (!SUSPICIOUS.test(text)) return undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = at;
      const [literal = ""] = NUMBER.exec(text) ?? [];
      if (SUSPICIOUS.test(literal) && isLossy(literal)) return literal;
      at += Math.max(literal.length, 1) - 1;
    }
  }
  return undefined;
}

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

function isLossy(literal: string): boolean {
  const value = Number(literal);
  return !Number.isFinite(value) || decimalOf(literal) !== decimalOf(String(value));
}

/** A literal's value in one spelling: its digits without the zeros around them, and the power of ten after the last. */
function decimalOf(literal: string): string {
  const [mantissa = "", exponent = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end--;
  const significant = digits.slice(0, end).replace(/^(-?)0+/, "$1");
  if (significant === "" || significant === "-") return "0";
  return `${significant}e${Number(exponent) - fraction.length + digits.length - end}`;
}
