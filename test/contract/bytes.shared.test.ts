import { expect, test } from "vitest";
import { fromBase64url, sha256Base64url, toBase64url, utf8 } from "../../mint-server/contract/bytes.ts";

// Pairs of RFC 4648 §10, as base64url without padding, and bytes that need the two characters of its own.
const PAIRS: readonly (readonly [bytes: Uint8Array, text: string])[] = [
  [utf8(""), ""],
  [utf8("f"), "Zg"],
  [utf8("fo"), "Zm8"],
  [utf8("foo"), "Zm9v"],
  [utf8("foob"), "Zm9vYg"],
  [utf8("fooba"), "Zm9vYmE"],
  [utf8("foobar"), "Zm9vYmFy"],
  [Uint8Array.of(0xfb, 0xff, 0xfe, 0xfb, 0xff, 0xfe), "-__--__-"],
  [Uint8Array.of(0, 0, 0), "AAAA"],
];

test.each(PAIRS)("bytes and text stand for each other: %s, %s", (bytes, text) => {
  expect(toBase64url(bytes)).toBe(text);
  expect(fromBase64url(text)).toEqual(new Uint8Array(bytes));
});

test("what is longer than a call's arguments may be is whole", () => {
  const bytes = Uint8Array.from({ length: 3 * 8192 + 1 }, (_, index) => (index * 7) % 256);
  expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
});

test.each([
  ["padding", "Zg=="],
  ["the other alphabet's plus", "+_--"],
  ["the other alphabet's slash", "/---"],
  ["a space before", " Zm9v"],
  ["a space after", "Zm9v "],
  ["a line break", "Zm9v\n"],
  ["a letter beyond ASCII", "Zm9é"],
  ["one character too many", "Zm9vY"],
  ["one character alone", "Z"],
  ["spare bits after one byte", "Zh"],
  ["the highest spare bit after one byte", "Zo"],
  ["spare bits after two bytes", "Zm9"],
  ["the higher spare bit after two bytes", "Zm-"],
])("refuses %s", (_, text) => {
  expect(fromBase64url(text)).toBeUndefined();
});

test("hashes the text's UTF-8", async () => {
  expect(await sha256Base64url("")).toBe("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  expect(await sha256Base64url("abc")).toBe("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  expect(await sha256Base64url("é")).not.toBe(await sha256Base64url("e"));
});
