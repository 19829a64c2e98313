import fc from "fast-check";
import { expect, test } from "vitest";
import { findLossyNumber } from "../../mint-server/contract/json.ts";
import vectors from "../vectors/canonical-json.json" with { type: "json" };

test.each(vectors.lossy)("finds $number in $text", ({ text, number }) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(findLossyNumber(text)).toBe(number);
});

test.each(vectors.lossless)("takes %s", (text) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(findLossyNumber(text)).toBeUndefined();
});

test("takes every number that JavaScript wrote itself", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      for (const text of [String(value), value.toExponential(), JSON.stringify({ a: [value] })]) {
        expect(findLossyNumber(text)).toBeUndefined();
      }
    }),
    { numRuns: 1000 },
  );
});

test("takes up to fifteen digits wherever the point stands, and finds whole numbers that doubles skip", () => {
  const digits = fc.bigInt({ min: 1n, max: 999_999_999_999_999n });
  fc.assert(
    fc.property(digits, fc.nat(30), (value, shift) => {
      expect(findLossyNumber(`[${value}${"0".repeat(shift % 8)}]`)).toBeUndefined();
      expect(findLossyNumber(`${value}e-${shift}`)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }), (value) => {
      const isExact =
        BigInt(Number(value)) === value &&
        BigInt(String(Number(value)).includes("e") ? 0 : String(Number(value))) === value;
      const found = findLossyNumber(`{"a":${value}}`);
      if (isExact) expect(found).toBeUndefined();
      else if (found !== undefined) expect(found).toBe(String(value));
      // Whatever is taken reads and writes as the same decimal value.
      if (found === undefined) expect(decimal(String(Number(value)))).toBe(decimal(String(value)));
    }),
  );
});

/** A whole number's digits, written out. */
function decimal(text: string): string {
  const [mantissa = "", exponent = "0"] = text.split("e+");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return whole + fraction.padEnd(Number(exponent), "0");
}

test("looks into no string, and past all of them", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (strings) => {
      const text = JSON.stringify([...strings, "1e400", "\\", '9007199254740993"', 5]);
      expect(findLossyNumber(text)).toBeUndefined();
      expect(findLossyNumber(`[${text},{"n":9007199254740993}]`)).toBe("9007199254740993");
    }),
  );
});

test.each(["[1,1e400]", "[1,-1e400]", "[0,1e400]", "[9,1e400]", '{"a":1,"b":1e400}', "[-1,12,1e400,1e500]"])(
  "finds it right after other numbers: %s",
  (text) => {
    expect(findLossyNumber(text)).toMatch(/^-?1e400$/);
  },
);

test("is not slowed down by zeros, nor stopped by what is no JSON", () => {
  const zeros = "0".repeat(1_000_000);
  expect(findLossyNumber(`0.${zeros}1`)).toBe(`0.${zeros}1`);
  expect(findLossyNumber(`[1${zeros}]`)).toBe(`1${zeros}`);
  for (const text of ["-", "1e", "--1e5", '"1e9', "-e1-e1", "1e5-"]) findLossyNumber(text);
});
