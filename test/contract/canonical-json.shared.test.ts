import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../mint-server/contract/canonical-json.ts";
import vectors from "../vectors/canonical-json.json" with { type: "json" };

test.each(vectors.values)("spells $title as the standard does", ({ text, canonical }) => {
  expect(canonicalJson(JSON.parse(text))).toBe(canonical);
});

test.each(vectors.numbers)("spells the double $bits as $text", ({ bits, text }) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  expect(canonicalJson(view.getFloat64(0))).toBe(text);
});

/** Values as JSON can hold them, with names and texts of any well-formed characters. */
const jsonValue = fc.jsonValue({ maxDepth: 5, stringUnit: "binary" });

test("is JSON of the same value, and the canonical form of itself", () => {
  fc.assert(
    fc.property(jsonValue, (value) => {
      const canonical = canonicalJson(value);
      // By way of JSON, which has no minus zero.
      expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(canonical))).toBe(canonical);
    }),
  );
});

/** The same value with the members of every object in another order. */
function shuffled(value: unknown, order: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => ({ entry: [name, shuffled(member, order)] as const, at: order() }))
      .sort((a, b) => a.at - b.at)
      .map(({ entry }) => entry),
  );
}

test("does not depend on the order of members, nor on the spaces of the text", () => {
  fc.assert(
    fc.property(jsonValue, fc.infiniteStream(fc.nat()), fc.constantFrom(0, 1, "\t"), (value, stream, space) => {
      const other = shuffled(value, () => stream.next().value as number);
      expect(canonicalJson(JSON.parse(JSON.stringify(other, undefined, space)))).toBe(canonicalJson(value));
    }),
  );
});

test("differs for values that differ", () => {
  fc.assert(
    fc.property(jsonValue, jsonValue, (a, b) => {
      const same = canonicalJson(a) === canonicalJson(b);
      if (same) expect(JSON.parse(JSON.stringify(a))).toEqual(JSON.parse(JSON.stringify(b)));
      else expect(a).not.toStrictEqual(b);
    }),
  );
  for (const [a, b] of [
    [[], {}],
    ["1", 1],
    [null, "null"],
    [
      [1, [2]],
      [[1], 2],
    ],
    [["a,b"], ["a", "b"]],
    [{ a: { b: 1 } }, { a: 1, b: 1 }],
  ]) {
    expect(canonicalJson(a)).not.toBe(canonicalJson(b));
  }
});

test("keeps __proto__ as data", () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1},"constructor":2}'))).toBe(
    '{"__proto__":{"a":1},"b":1,"constructor":2}',
  );
});

test("leaves out members that are undefined, as JSON.stringify does", () => {
  expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
});

test.each([
  ["NaN", Number.NaN],
  ["infinity", [Number.NEGATIVE_INFINITY]],
  ["half a surrogate pair", { a: "\ud83d" }],
  ["a name that is half a pair", { "\ude00": 1 }],
  ["undefined", undefined],
  ["undefined in a list", [undefined]],
  ["a function", { a: () => 1 }],
  ["a big integer", 1n],
])("throws a TypeError for %s", (_, value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});
