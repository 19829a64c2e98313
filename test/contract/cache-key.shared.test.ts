import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64url } from "../../mint-server/contract/bytes.ts";
import {
  type CacheQuestion,
  cacheName,
  canonicalBody,
  meaningfulHeaders,
} from "../../mint-server/contract/cache-key.ts";
import { joinFields } from "../../mint-server/contract/fields.ts";
import vectors from "../vectors/cache-names.json" with { type: "json" };

function hmacKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

const key = await hmacKey(fromBase64url(vectors.key) ?? new Uint8Array());

/** The JSON module's type has every header of any vector in all of them, as one that may be undefined. */
type Vector = { readonly title: string; readonly name: string; readonly question: CacheQuestion };
const named = vectors.names as readonly unknown[] as readonly Vector[];

test.each(named)("gives the published name: $title", async ({ question, name }) => {
  expect(await cacheName(key, question)).toBe(name);
});

test("the published names are all different", () => {
  expect(new Set(named.map(({ name }) => name)).size).toBe(named.length);
});

test.each(vectors.bodies)("spells a body: $title", ({ body, canonical }) => {
  expect(canonicalBody(JSON.parse(body) as Record<string, unknown>)).toBe(canonical);
});

const text = fc.string({ unit: "binary", maxLength: 8 });
const question = fc.record<CacheQuestion>({
  scope: fc.array(text, { maxLength: 3 }),
  endpoint: text,
  provider: text,
  model: text,
  headers: fc.dictionary(text, text, { maxKeys: 3 }),
  body: text,
});

test("differs when any one field does", async () => {
  const fields = ["scope", "endpoint", "provider", "model", "headers", "body"] as const;
  await fc.assert(
    fc.asyncProperty(question, question, async (a, b) => {
      const name = await cacheName(key, a);
      for (const field of fields) {
        const changed = { ...a, [field]: b[field] };
        const isSame = JSON.stringify(sorted(changed)) === JSON.stringify(sorted(a));
        expect((await cacheName(key, changed)) === name).toBe(isSame);
      }
    }),
  );
});

function sorted({ headers, ...rest }: CacheQuestion): object {
  return { ...rest, headers: Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/** All texts of a question in the order in which they are hashed. */
function textsOf({ scope, endpoint, provider, model, headers, body }: CacheQuestion): readonly string[] {
  return [endpoint, provider, model, ...scope, ...Object.entries(headers).flat(), body];
}

test("differs when text moves from one field to its neighbour", async () => {
  const flat: CacheQuestion = {
    scope: ["a", "b"],
    endpoint: "c",
    provider: "d",
    model: "e",
    headers: { f: "g" },
    body: "h",
  };
  const moved: readonly CacheQuestion[] = [
    { ...flat, scope: ["ab"] },
    { ...flat, scope: ["a", "b", ""] },
    { ...flat, scope: ["", "a", "b"] },
    { ...flat, scope: ["ab", ""] },
    { ...flat, scope: ["a", "b", "1", "f", "g"], headers: {} },
    { ...flat, scope: ["a"], headers: { b: "1", f: "g" } },
    { ...flat, endpoint: "cd", provider: "" },
    { ...flat, endpoint: "", provider: "cd" },
    { ...flat, provider: "de", model: "" },
    { ...flat, headers: { fg: "" } },
    { ...flat, headers: {}, body: "fgh" },
    { ...flat, headers: {}, body: "h" },
  ];
  const names = await Promise.all([flat, ...moved].map((one) => cacheName(key, one)));
  expect(new Set(names).size).toBe(moved.length + 1);
  // Each of these is made of some of the same letters, and of nothing else.
  for (const one of moved)
    expect(
      textsOf(one)
        .join("")
        .replace(/[a-h1]/g, ""),
    ).toBe("");
});

/** The texts that were joined, read back. */
function textsIn(joined: Uint8Array<ArrayBuffer>): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < joined.length; ) {
    const end = at + 4 + new DataView(joined.buffer).getUint32(at);
    texts.push(new TextDecoder().decode(joined.subarray(at + 4, end)));
    at = end;
  }
  return texts;
}

test.each([0, 1, 65_536, 400_000])("takes each text after its length: %i characters", (length) => {
  const texts = ["a", "é€😀", "x".repeat(length), "", "é".repeat(length), "b"];
  expect(textsIn(joinFields(texts))).toEqual(texts);
});

test("does not depend on the order of headers", async () => {
  await fc.assert(
    fc.asyncProperty(question, async (one) => {
      const headers = Object.fromEntries(Object.entries(one.headers).reverse());
      expect(await cacheName(key, { ...one, headers })).toBe(await cacheName(key, one));
    }),
  );
});

test("is 256 bits that say nothing without the key", async () => {
  await fc.assert(
    fc.asyncProperty(question, fc.uint8Array({ minLength: 32, maxLength: 32 }), async (one, bytes) => {
      const name = await cacheName(key, one);
      expect(fromBase64url(name)?.length).toBe(32);
      expect(await cacheName(await hmacKey(Uint8Array.from(bytes)), one)).not.toBe(name);
    }),
  );
});

/** A request of each schema; every member of it matters but those that ask for a form. */
const BODIES: readonly Readonly<Record<string, unknown>>[] = [
  {
    model: "gpt-4o",
    messages: [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "Hi" },
          { type: "image_url", image_url: { url: "data:," } },
        ],
      },
    ],
    temperature: 0,
    seed: 1,
    n: 2,
    stop: ["a"],
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: { a: {} } } } }],
    response_format: { type: "json_object" },
    metadata: { a: "b" },
    stream: true,
    stream_options: { include_usage: true },
  },
  { model: "m", prompt: ["a", "b"], temperature: 0, echo: true, logit_bias: { "50256": -100 }, stream: false },
  {
    model: "m",
    input: [{ role: "user", content: "Hi" }],
    instructions: "x",
    reasoning: { effort: "low" },
    stream: true,
  },
  { model: "m", max_tokens: 5, system: [{ type: "text", text: "s" }], messages: [], thinking: { type: "enabled" } },
  { contents: [{ parts: [{ text: "Hi" }] }], generationConfig: { temperature: 0, seed: 5 }, safetySettings: [] },
  { model: "e", input: ["a", "b"], dimensions: 8, encoding_format: "base64" },
];

/** Every body in which one member, item or value was changed, dropped or added. */
function* variants(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      yield value.toSpliced(at, 1);
      for (const other of variants(item)) yield value.with(at, other);
    }
    yield [...value, null];
    if (value.length > 1) yield value.toReversed();
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const { [name]: _, ...rest } = value as Record<string, unknown>;
      yield rest;
      yield { ...rest, [`${name}_`]: member };
      for (const other of variants(member)) yield { ...value, [name]: other };
    }
    yield { ...value, added: null };
  } else {
    yield [value];
    yield typeof value === "string" ? `${value} ` : String(value);
    if (typeof value === "number") yield value + 1;
    if (typeof value === "boolean") yield !value;
  }
}

test.each(BODIES)("a body is another when anything in it is: %j", (body) => {
  const { stream: _, stream_options: __, ...meaning } = body;
  const all = [meaning, ...variants(meaning)].map((one) => canonicalBody(one as Record<string, unknown>));
  expect(all.length).toBeGreaterThan(20);
  expect(new Set(all).size).toBe(all.length);
});

test.each(BODIES)("a body is the same in either form: %j", (body) => {
  const { stream: _, stream_options: __, ...meaning } = body;
  for (const form of [{}, { stream: true }, { stream: false, stream_options: null }, { stream_options: { a: 1 } }]) {
    expect(canonicalBody({ ...form, ...meaning })).toBe(canonicalBody(body));
  }
  // Below the top they are the caller's data.
  expect(canonicalBody({ ...meaning, metadata: { stream: true } })).not.toBe(
    canonicalBody({ ...meaning, metadata: {} }),
  );
});

test("takes of a request's headers those that change what is asked, or whom", () => {
  const headers = new Headers({
    "Anthropic-Version": "2023-06-01",
    "anthropic-beta": "a,b",
    "openai-beta": "c",
    "x-bt-endpoint-name": "eu",
    authorization: "Bearer secret",
    "x-bt-cache-ttl": "5",
    "user-agent": "x",
    "x-bt-org-name": "acme",
  });
  expect(meaningfulHeaders(headers)).toEqual({
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "a,b",
    "openai-beta": "c",
    "x-bt-endpoint-name": "eu",
  });
  expect(meaningfulHeaders(new Headers())).toEqual({});
});
