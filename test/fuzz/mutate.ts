import { bytesOf, isObject, jsonIn } from "./target.ts";

type Random = () => number;

/** Pieces that mean something to one reader or another. */
const TOKENS = [
  '"',
  "\\",
  "\\u0000",
  "\\ud800",
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "null",
  "true",
  "-0",
  "1e999",
  "9007199254740993",
  '"__proto__":',
  '"constructor":{"prototype":{}}',
  "\n\n",
  "\r",
  "data: ",
  "data: [DONE]\n\n",
  "event: error\n",
  "id: 1\n",
  ": c\n",
  "\uFEFF",
  "\u2028",
  "\0",
  "=",
  ".",
  "-",
  "eyJhbGciOiJub25lIn0",
  "é",
  "\uD83D",
  "--",
  "Content-Disposition: form-data",
  '"type":"function"',
  '"error":{}',
  '"index":-1',
  '"index":1e9',
  '"delta":null',
  '"content":[]',
  "$ref",
].map(bytesOf);

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  "",
  "x",
  "\ud800",
  "__proto__",
  [],
  {},
  [null],
  [[]],
  { type: "error" },
  "a".repeat(2000),
  { "": 1 },
  [{}, {}],
  Array(50).fill("x"),
  { toString: 1 },
  Number.MAX_SAFE_INTEGER,
];

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Another input, made of one or two. */
export function mutate(seeds: readonly Uint8Array[], random: Random): Uint8Array<ArrayBuffer> {
  let input = Uint8Array.from(pick(random, seeds));
  const changed = random() < 0.5 ? changedJson(input, random) : undefined;
  if (changed) return changed;
  const steps = 1 + Math.floor(random() * 4);
  for (let step = 0; step < steps; step++) input = changedBytes(input, seeds, random);
  return input.length > MAX_LENGTH ? input.slice(0, MAX_LENGTH) : input;
}

const MAX_LENGTH = 16 * 1024;

function changedBytes(input: Uint8Array, seeds: readonly Uint8Array[], random: Random): Uint8Array<ArrayBuffer> {
  const at = Math.floor(random() * (input.length + 1));
  const end = Math.min(input.length, at + Math.floor(random() ** 3 * 64));
  switch (Math.floor(random() * 6)) {
    case 0:
      return joined(input.subarray(0, at), Uint8Array.of(random() * 256), input.subarray(at + 1));
    case 1:
      return joined(input.subarray(0, at), pick(random, TOKENS), input.subarray(at));
    case 2:
      return joined(input.subarray(0, at), input.subarray(end));
    case 3:
      return joined(input.subarray(0, end), input.subarray(at));
    case 4: {
      const other = pick(random, seeds);
      return joined(input.subarray(0, at), other.subarray(Math.floor(random() * other.length)));
    }
    default:
      return joined(input.subarray(0, at));
  }
}

/** JSON that stays JSON, with other values, members and depths; undefined for what is none. */
function changedJson(input: Uint8Array, random: Random): Uint8Array<ArrayBuffer> | undefined {
  const value = jsonIn(input);
  if (value === undefined) return undefined;
  let root: unknown = value;
  for (let step = 0; step < 1 + random() * 3; step++) root = changedValue(root, random, 0);
  return bytesOf(JSON.stringify(root) ?? "null");
}

function changedValue(value: unknown, random: Random, depth: number): unknown {
  const keys = isObject(value) || Array.isArray(value) ? Object.keys(value) : [];
  if (keys.length === 0 || random() < 0.15 || depth > 20) return pick(random, VALUES);
  const key = pick(random, keys);
  const inner = (value as Record<string, unknown>)[key];
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  const choice = random();
  if (choice < 0.08) delete copy[key];
  else if (choice < 0.14) copy[pick(random, ["type", "index", "id", "role", "error", "future"])] = inner;
  else copy[key] = changedValue(inner, random, depth + 1);
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
