import { beforeAll, expect, test } from "vitest";
import { deriveKeyring } from "../../mint-server/credentials/keys.ts";
import { createNonceBook } from "../../mint-server/credentials/nonces.ts";

const WINDOW = 30_000;
const START = 1_000_000 * WINDOW;

let key: CryptoKey;
beforeAll(async () => {
  key = (await deriveKeyring([new Uint8Array(32).fill(1)])).nonceKey;
});

test("a nonce lasts for its window and the one after", async () => {
  const book = createNonceBook(key);
  const first = await book.current(START);
  expect(first).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(await book.current(START + WINDOW - 1)).toBe(first);
  const second = await book.current(START + WINDOW);
  expect(second).not.toBe(first);
  expect([book.accepts(first), book.accepts(second)]).toEqual([true, true]);
  const third = await book.current(START + 2 * WINDOW);
  expect([first, second, third].map((nonce) => book.accepts(nonce))).toEqual([false, true, true]);
  expect(book.accepts("")).toBe(false);
});

// While a new version takes over from an old one, each takes the other's.
test("a window's nonce is the one that it always was", async () => {
  expect(await createNonceBook(key).current(START)).toMatchInlineSnapshot(`"RHdx256utuBehwC08d4S6w"`);
});

test("it is known at once within a window, without a promise", async () => {
  const book = createNonceBook(key);
  const first = await book.current(START);
  expect(book.current(START + 1)).toBe(first);
});

test("one of the window before is accepted also by who was not there", async () => {
  const before = await createNonceBook(key).current(START - WINDOW);
  const tooOld = await createNonceBook(key).current(START - 2 * WINDOW);
  const book = createNonceBook(key);
  await book.current(START);
  expect([book.accepts(before), book.accepts(tooOld)]).toEqual([true, false]);
});

test("a clock that goes back does not bring an old nonce back", async () => {
  const book = createNonceBook(key);
  const now = await book.current(START);
  expect(await book.current(START - 10 * WINDOW)).toBe(now);
  expect(book.accepts(now)).toBe(true);
});

test("those who ask at the same time get the same, and forget nothing", async () => {
  const book = createNonceBook(key);
  await book.current(START);
  expect(book.use("a")).toBe(true);
  const [one, two] = await Promise.all([book.current(START + WINDOW), book.current(START + WINDOW)]);
  expect(one).toBe(two);
  expect(book.use("a")).toBe(false);
  expect(book.use("b")).toBe(true);
  await Promise.all([book.current(START + WINDOW), book.current(START + WINDOW)]);
  expect(book.use("b")).toBe(false);
});

test("a proof is remembered for two windows", async () => {
  const book = createNonceBook(key);
  expect(book.use("before the first window")).toBe(false);
  await book.current(START);
  expect([book.use("a"), book.use("a"), book.use("b")]).toEqual([true, false, true]);
  await book.current(START + WINDOW);
  expect([book.use("a"), book.use("c")]).toEqual([false, true]);
  await book.current(START + 2 * WINDOW);
  expect([book.use("c"), book.use("a")]).toEqual([false, true]);
  await book.current(START + 10 * WINDOW);
  expect(book.use("c")).toBe(true);
});

test("what one window remembers is bounded, and beyond it nothing is taken", async () => {
  const book = createNonceBook(key);
  await book.current(START);
  for (let index = 0; index < 200_000; index++) book.use(String(index));
  expect(book.use("one more")).toBe(false);
  await book.current(START + WINDOW);
  expect(book.use("one more")).toBe(true);
});

test("with a start of its own a server knows no nonce of another start, nor of one without", async () => {
  const books = [
    createNonceBook(key, "one"),
    createNonceBook(key, "two"),
    createNonceBook(key),
    createNonceBook(key, ""),
  ];
  const nonces = await Promise.all(books.map((book) => book.current(START)));
  expect(new Set(nonces).size).toBe(4);
  expect(await createNonceBook(key, "one").current(START)).toBe(nonces[0]);
  for (const [index, book] of books.entries()) {
    expect(nonces.map((nonce) => book.accepts(nonce))).toEqual(nonces.map((_, other) => other === index));
  }
});
