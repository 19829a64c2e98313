import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../mint-server/contract/json.ts";

const problemOf = (text: string) => {
  const result = parseJson(text);
  return result.ok ? undefined : result.problem.kind;
};

test.each([
  ["at the top", '{"a":1,"a":2}'],
  ["in an object in an array", '[0,[{"b":{"a":1,"c":2,"a":3}}]]'],
  ["with another name between them", '{"a":1,"b":{"x":[]},"a":1}'],
  ["one of them spelled with an escape", '{"model":"gpt-4o","\\u006dodel":"o1"}'],
  ["named __proto__", '{"__proto__":1,"__proto__":2}'],
  ["named with the empty string", '{"":1,"":2}'],
  ["named like array indexes", '{"1":1,"0":0,"1":2}'],
  ["holding deep values", '{"a":{"b":{"c":1}},"a":{"b":{"c":1}}}'],
])("refuses a repeated member %s", (_, text) => {
  expect(JSON.parse(text)).toBeDefined();
  expect(problemOf(text)).toBe("duplicate_key");
});

test("takes the same name in different objects, and colons and braces inside strings", () => {
  for (const text of [
    '[{"a":1},{"a":2}]',
    '{"a":{"a":{"a":1}}}',
    '{"a":"b:{\\"a\\":1}[","c\\"":":\\\\"}',
    '{"\\\\":1,"\\\\\\\\":2}',
  ]) {
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  }
});

test("finds a repeated member wherever it is put into any object", () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, maxKeys: 6 });
  fc.assert(
    fc.property(members, fc.jsonValue({ maxDepth: 2 }), fc.nat(), fc.nat(40), (object, value, pick, depth) => {
      const entries = Object.entries(object);
      const [name = ""] = entries[pick % entries.length] ?? [];
      const spelled = [...entries, [name, value] as const].map(
        ([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`,
      );
      const text = `${'{"in":['.repeat(depth % 20)}{${spelled.join(",")}}${"]}".repeat(depth % 20)}`;
      expect(problemOf(text)).toBe("duplicate_key");
    }),
  );
});

test("agrees with JSON.parse on every text without repeated members and lone surrogates", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 6, stringUnit: "binary" }),
      fc.constantFrom(undefined, 1, "\t"),
      (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      },
    ),
  );
});

test("refuses what JSON.parse refuses, whatever the damage", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom("", "}", "]", '"', ",", ":", "\\", "{", "x"),
      (value, at, noise) => {
        const text = JSON.stringify(value);
        const damaged = text.slice(0, at % text.length) + noise + text.slice((at % text.length) + 1);
        if (isJson(damaged)) return;
        expect(problemOf(damaged)).toMatch(/^(malformed|too_deep)$/);
      },
    ),
  );
});

test.each(["", " ", "{", '{"a":1,}', "{'a':1}", "nul", "01", '"\n"', "NaN", "[1]]", '{"a":1}{"a":1}', "\uFEFF{}"])(
  "calls %j malformed",
  (text) => {
    expect(problemOf(text)).toBe("malformed");
  },
);

test.each([
  ["arrays", "[", "]"],
  ["objects", '{"a":', "}"],
])("takes 64 nested %s and no more", (_, open, close) => {
  const nested = (depth: number) => `${open.repeat(depth)}${open === "[" ? "" : "1"}${close.repeat(depth)}`;
  expect(parseJson(nested(64)).ok).toBe(true);
  expect(parseJson(nested(65))).toEqual({ ok: false, problem: { kind: "too_deep", maxDepth: 64 } });
  // Deep enough to exhaust a stack that follows the nesting.
  expect(problemOf(nested(500_000))).toBe("too_deep");
});

test("does not count brackets inside strings as nesting", () => {
  expect(parseJson(JSON.stringify({ a: "[".repeat(1000), ["{".repeat(1000)]: 1 })).ok).toBe(true);
});

test("keeps __proto__ as data", () => {
  const result = parseJson('{"__proto__":{"isAdmin":true},"constructor":{"prototype":1}}');
  const value = (result.ok ? result.value : undefined) as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
});

test.each([
  ["high half in a value", '"\\ud83d"'],
  ["low half in a value", '["\\ude00"]'],
  ["halves in the wrong order", '{"a":"\\ude00\\ud83d"}'],
  ["half in a name", '{"x":{"\\uD83D":1}}'],
  ["high half before a letter", '"\\ud83dx"'],
])("refuses a lone surrogate: %s", (_, text) => {
  expect(problemOf(text)).toBe("lone_surrogate");
});

test("takes whole pairs, and a backslash before a u that is no escape", () => {
  expect(parseJson('"\\ud83d\\ude00"')).toEqual({ ok: true, value: "😀" });
  expect(parseJson('"\\\\ud83d"')).toEqual({ ok: true, value: "\\ud83d" });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("depth is of what is open at once, whatever stands between", () => {
  const nested = (depth: number): string => `${'[1,{"a":'.repeat(depth / 2)}2${"},3]".repeat(depth / 2)}`;
  expect(parseJson(nested(64)).ok).toBe(true);
  expect(parseJson(nested(66))).toEqual({ ok: false, problem: { kind: "too_deep", maxDepth: 64 } });
  expect(parseJson(`[${Array(200).fill("[],{}").join()}]`).ok).toBe(true);
});
