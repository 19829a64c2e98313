import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { fromBase64url, toBase64url, utf8 } from "../../mint-server/contract/bytes.ts";
import { type CacheEntry, openEntry, sealEntry, sealWith } from "../../mint-server/contract/envelope.ts";
import vectors from "../vectors/envelopes.json" with { type: "json" };

type Bytes = Uint8Array<ArrayBuffer>;

function bytesOf(text: string): Bytes {
  const bytes = fromBase64url(text);
  if (!bytes) throw new Error(`not base64url: ${text}`);
  return bytes;
}

function aesKey(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

const keys: Readonly<Record<string, CryptoKey>> = Object.fromEntries(
  await Promise.all(vectors.keys.map(async ({ id, key }) => [id, await aesKey(bytesOf(key))] as const)),
);
const key = keys.one as CryptoKey;

type StoredEntry = Omit<CacheEntry, "body"> & { readonly body: string };
const entryOf = (stored: unknown): CacheEntry => ({
  ...(stored as CacheEntry),
  body: bytesOf((stored as StoredEntry).body),
});

describe.each(vectors.good)("the published envelope: $title", ({ entry, iv, envelope, keyId, kid, name, nowMs }) => {
  const by = { key: keys[keyId] as CryptoKey, kid, name };

  test("opens", async () => {
    expect(await openEntry(bytesOf(envelope), { ...by, nowMs })).toEqual(entryOf(entry));
  });

  test("is what is sealed today", async () => {
    expect(toBase64url(await sealWith(entryOf(entry), by, bytesOf(iv)))).toBe(envelope);
  });
});

test.each(vectors.bad)("refuses the published envelope: $title", async ({ envelope, keyId, kid, name, nowMs }) => {
  expect(await openEntry(bytesOf(envelope), { key: keys[keyId] as CryptoKey, kid, name, nowMs })).toBeUndefined();
});

const entry: CacheEntry = {
  createdMs: 1_795_000_000_000,
  expiresMs: 1_795_000_060_000,
  status: 200,
  headers: { "content-type": "text/event-stream" },
  model: "gpt-4o",
  form: "stream",
  streamOptions: '{"include_usage":true}',
  body: utf8('data: {"secret":"Grüße 👋"}\n\ndata: [DONE]\n\n'),
  pace: [0, 0, 27, 12],
};
const by = { key, kid: "k1", name: "name-of-the-entry" };
const opening = { ...by, nowMs: entry.createdMs };

let sealed: Bytes;
beforeAll(async () => {
  sealed = await sealEntry(entry, by);
});

const entries = fc.record(
  {
    createdMs: fc.nat(),
    expiresMs: fc.integer({ min: 1 }),
    status: fc.integer({ min: 200, max: 299 }),
    headers: fc.dictionary(fc.string(), fc.string({ unit: "binary" })),
    model: fc.string({ unit: "binary" }),
    form: fc.constantFrom("stream" as const, "whole" as const),
    streamOptions: fc.string(),
    body: fc.uint8Array({ maxLength: 500 }).map((bytes) => Uint8Array.from(bytes)),
    pace: fc.array(fc.nat()),
  },
  { requiredKeys: ["createdMs", "expiresMs", "status", "headers", "model", "form", "body"] },
);

test("opens to what was sealed", async () => {
  await fc.assert(
    fc.asyncProperty(entries, fc.string({ maxLength: 20 }), fc.string(), async (one, kid, name) => {
      const bytes = await sealEntry(one, { key, kid, name });
      const opened = await openEntry(bytes, { key, kid, name, nowMs: one.expiresMs - 1 });
      expect(opened).toEqual({ ...one, headers: { ...one.headers } });
    }),
  );
});

test("opens whatever the bytes are a part of", async () => {
  const larger = new Uint8Array(sealed.length + 20).fill(7);
  larger.set(sealed, 9);
  expect(await openEntry(larger.subarray(9, 9 + sealed.length), opening)).toEqual(entry);
});

test("refuses every flipped bit", async () => {
  for (let at = 0; at < sealed.length; at++) {
    for (let bit = 1; bit < 256; bit *= 2) {
      const flipped = sealed.slice();
      flipped[at] = (flipped[at] ?? 0) ^ bit;
      expect(await openEntry(flipped, opening)).toBeUndefined();
    }
  }
});

test("refuses every truncation, and what was added", async () => {
  for (let end = 0; end < sealed.length; end++) {
    expect(await openEntry(sealed.slice(0, end), opening)).toBeUndefined();
    expect(await openEntry(sealed.slice(end + 1), opening)).toBeUndefined();
  }
  expect(await openEntry(new Uint8Array([...sealed, 0]), opening)).toBeUndefined();
});

test("refuses another name, key id or key, also those that differ by where one text ends", async () => {
  for (const other of [
    { name: "name-of-another-entry" },
    { name: "" },
    { name: `${by.name}\0` },
    { kid: "k2" },
    { kid: "" },
    { kid: "k10" },
    { kid: "k", name: `1${by.name}` },
    { key: keys.two as CryptoKey },
  ]) {
    expect(await openEntry(sealed, { ...opening, ...other })).toBeUndefined();
  }
});

test("refuses parts of two envelopes put together", async () => {
  const other = await sealEntry({ ...entry, body: utf8("another") }, by);
  for (let cut = 1; cut < Math.min(sealed.length, other.length); cut++) {
    const spliced = new Uint8Array([...sealed.subarray(0, cut), ...other.subarray(cut)]);
    // Where both begin alike, it is the other one as it was sealed.
    if (toBase64url(spliced) === toBase64url(other)) expect(cut).toBeLessThan(16);
    else expect(await openEntry(spliced, opening)).toBeUndefined();
  }
});

test("refuses what has expired, and cannot be made to last", async () => {
  expect(await openEntry(sealed, { ...opening, nowMs: entry.expiresMs - 1 })).toEqual(entry);
  expect(await openEntry(sealed, { ...opening, nowMs: entry.expiresMs })).toBeUndefined();
  // The same bytes as another entry's of the same key and name, which expires later.
  const timesAt = 2 + utf8(by.kid).length + 12;
  for (const offset of [0, 8]) {
    const edited = sealed.slice();
    new DataView(edited.buffer).setFloat64(timesAt + offset, entry.expiresMs + 3_600_000);
    expect(await openEntry(edited, opening)).toBeUndefined();
  }
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const edited = sealed.slice();
    new DataView(edited.buffer).setFloat64(timesAt + 8, time);
    expect(await openEntry(edited, opening)).toBeUndefined();
  }
});

test("never uses an IV twice, for equal entries neither", async () => {
  const ivs = new Set<string>();
  const envelopes = await Promise.all(Array.from({ length: 2000 }, () => sealEntry(entry, by)));
  for (const envelope of envelopes) ivs.add(toBase64url(envelope.subarray(4, 16)));
  expect(ivs.size).toBe(2000);
  expect(toBase64url(sealed)).not.toBe(toBase64url(await sealEntry(entry, by)));
});

test("shows nothing but the key's id and the times", async () => {
  const shown = Array.from(sealed, (byte) => String.fromCharCode(byte)).join("");
  for (const secret of ["gpt", "event-stream", "secret", "DONE", "usage", "status", by.name]) {
    expect(shown).not.toContain(secret);
  }
  expect(shown).toContain(by.kid);
});

test("never throws, whatever the bytes are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await openEntry(Uint8Array.from(bytes), opening)).toBeUndefined();
    }),
  );
  for (const broken of [undefined, null, "text", {}, new ArrayBuffer(100)]) {
    expect(await openEntry(broken as unknown as Bytes, opening)).toBeUndefined();
  }
});

test("takes a key id as long as its measure can say, and refuses a longer one, when sealing", async () => {
  const longest = { ...by, kid: "k".repeat(255) };
  expect(await openEntry(await sealEntry(entry, longest), { ...opening, ...longest })).toEqual(entry);
  await expect(sealEntry(entry, { ...by, kid: "k".repeat(256) })).rejects.toThrow(RangeError);
});
