import { createCipheriv, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";

// `node test/vectors/generate.ts` writes `cache-names.json` and `envelopes.json`.
//
// Nothing of the code that these vectors are for is used here. Layouts, with lengths as 32 bits big-endian:
//   name      HMAC-SHA-256 over the fields, each after its length in bytes: "mintgate/cache/1", endpoint, provider, model, number of
//             the scope's texts, these, number of the headers' names and values, these by name in pairs, body
//   envelope  1, length of the key's id (one byte), that id, IV (12 bytes), created and expires (64-bit floats, big-endian), then
//             AES-256-GCM of: length of the metadata, the metadata in JSON, the body; with its tag at the end
//   additional data: the envelope up to the ciphertext, length of the name, the name

const ASCENDING = Uint8Array.from({ length: 32 }, (_, index) => index);
const DESCENDING = ASCENDING.toReversed();

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([uint32(bytes.length), bytes]);
}

interface Question {
  readonly scope: readonly string[];
  readonly endpoint: string;
  readonly provider: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function nameOf({ scope, endpoint, provider, model, headers, body }: Question): string {
  const pairs = Object.keys(headers)
    .sort()
    .flatMap((name) => [name, headers[name] ?? ""]);
  const lists = [String(scope.length), ...scope, String(pairs.length), ...pairs];
  const fields = ["mintgate/cache/1", endpoint, provider, model, ...lists, body];
  return createHmac("sha256", ASCENDING)
    .update(Buffer.concat(fields.map(field)))
    .digest("base64url");
}

const plain: Question = {
  scope: ["acme", "user-1"],
  endpoint: "chat/completions",
  provider: "openai",
  model: "gpt-4o",
  headers: {},
  body: '{"messages":[{"content":"Hi","role":"user"}],"model":"gpt-4o","temperature":0}',
};

const questions: Readonly<Record<string, Question>> = {
  "a plain one": plain,
  "another subject": { ...plain, scope: ["acme", "user-2"] },
  "another organisation": { ...plain, scope: ["acme2", "user-1"] },
  "scope cut elsewhere": { ...plain, scope: ["acmeuser", "-1"] },
  "scope in one": { ...plain, scope: ["acmeuser-1"] },
  "no scope": { ...plain, scope: [] },
  "another endpoint": { ...plain, endpoint: "completions" },
  "another provider": { ...plain, provider: "azure" },
  "another model": { ...plain, model: "gpt-4o-mini" },
  "a header": { ...plain, headers: { "openai-beta": "a" } },
  "two headers": { ...plain, headers: { "x-bt-endpoint-name": "eu", "openai-beta": "a" } },
  "an empty header": { ...plain, headers: { "openai-beta": "" } },
  "another temperature": { ...plain, body: plain.body.replace(":0}", ":1}") },
  "an empty body": { ...plain, body: "" },
  "text beyond ASCII": { ...plain, scope: ["å", "日本"], body: '{"prompt":"👩‍👩‍👧 e\u0301 \u2028"}' },
  "a zero inside": { ...plain, scope: ["acme\0", "user-1"] },
};

const bodies = [
  {
    title: "sorted, and without its form",
    body: '{"stream":true,"model":"m","stream_options":{"include_usage":true},"messages":[{"role":"user","content":"é"}],"n":1.0}',
    canonical: '{"messages":[{"content":"é","role":"user"}],"model":"m","n":1}',
  },
  {
    title: "`stream` below the top stays",
    body: '{"stream":null,"metadata":{"stream":true,"stream_options":1}}',
    canonical: '{"metadata":{"stream":true,"stream_options":1}}',
  },
  { title: "nothing", body: "{}", canonical: "{}" },
];

write("cache-names.json", {
  key: base64url(ASCENDING),
  names: Object.entries(questions).map(([title, question]) => ({ title, question, name: nameOf(question) })),
  bodies,
});

interface Entry {
  readonly createdMs: number;
  readonly expiresMs: number;
  /** Base64url. */
  readonly body: string;
  readonly [field: string]: unknown;
}

interface Sealing {
  readonly entry: Entry;
  readonly keyId: "one" | "two";
  readonly kid: string;
  readonly name: string;
  readonly iv: Uint8Array;
}

const KEYS = { one: ASCENDING, two: DESCENDING } as const;

function seal({ entry, keyId, kid, name, iv }: Sealing, version = 1): Buffer {
  const { createdMs, expiresMs, body, ...metadata } = entry;
  const times = Buffer.alloc(16);
  times.writeDoubleBE(createdMs, 0);
  times.writeDoubleBE(expiresMs, 8);
  const id = Buffer.from(kid, "utf8");
  const head = Buffer.concat([Buffer.from([version, id.length]), id, iv, times]);
  const cipher = createCipheriv("aes-256-gcm", KEYS[keyId], iv);
  cipher.setAAD(Buffer.concat([head, field(name)]));
  const text = field(JSON.stringify(metadata));
  const sealed = [cipher.update(Buffer.concat([text, Buffer.from(body, "base64url")])), cipher.final()];
  return Buffer.concat([head, ...sealed, cipher.getAuthTag()]);
}

const whole: Sealing = {
  entry: {
    createdMs: 1_795_000_000_000,
    expiresMs: 1_795_604_800_000,
    status: 200,
    headers: { "content-type": "application/json" },
    model: "gpt-4o",
    form: "whole",
    body: base64url(Buffer.from('{"choices":[]}')),
  },
  keyId: "one",
  kid: "k1",
  name: nameOf(plain),
  iv: Uint8Array.from({ length: 12 }, (_, index) => 0xa0 + index),
};

const stream: Sealing = {
  ...whole,
  entry: {
    ...whole.entry,
    headers: { "content-type": "text/event-stream", "x-bt-used-endpoint": "eu" },
    form: "stream",
    streamOptions: '{"include_usage":true}',
    pace: [0, 0, 24, 17],
    body: base64url(Buffer.from('data: {"text":"👋"}\n\ndata: [DONE]\n\n')),
  },
  iv: Uint8Array.from({ length: 12 }, (_, index) => 0xff - index),
};

const good: Readonly<Record<string, Sealing>> = {
  "a whole answer": whole,
  "a stream with its pace": stream,
  "an empty body, sealed with another key": {
    ...whole,
    entry: { ...whole.entry, body: "" },
    keyId: "two",
    kid: "k2",
    iv: new Uint8Array(12),
  },
  "a key id and a name beyond ASCII": { ...whole, kid: "schlüssel", name: "名", iv: new Uint8Array(12).fill(1) },
  "empty key id and name": { ...whole, kid: "", name: "", iv: new Uint8Array(12).fill(2) },
};

interface Opening {
  readonly title: string;
  readonly envelope: Uint8Array;
  readonly sealing?: Sealing;
  readonly nowMs?: number;
}

function opening({ title, envelope, sealing = whole, nowMs = whole.entry.createdMs }: Opening) {
  const { keyId, kid, name } = sealing;
  return { title, keyId, kid, name, nowMs, envelope: base64url(envelope) };
}

function edited(edit: (envelope: Buffer) => void): Buffer {
  const envelope = seal(whole);
  edit(envelope);
  return envelope;
}

/** Where the times of `whole` begin. */
const TIMES_AT = 2 + 2 + 12;
const sealed = seal(whole);
const { createdMs, expiresMs } = whole.entry;

const bad: readonly Opening[] = [
  { title: "opened at its expiry", envelope: sealed, nowMs: expiresMs },
  { title: "opened long after its expiry", envelope: sealed, nowMs: expiresMs * 2 },
  {
    title: "opened under another name",
    envelope: sealed,
    sealing: { ...whole, name: nameOf({ ...plain, scope: [] }) },
  },
  { title: "opened under a part of its name", envelope: sealed, sealing: { ...whole, name: whole.name.slice(0, -1) } },
  { title: "opened with another key", envelope: sealed, sealing: { ...whole, keyId: "two" } },
  { title: "opened with another key id", envelope: sealed, sealing: { ...whole, kid: "k2" } },
  { title: "opened with another key id of another length", envelope: sealed, sealing: { ...whole, kid: "k12" } },
  { title: "another version", envelope: seal(whole, 2) },
  { title: "the version changed", envelope: edited((bytes) => bytes.writeUInt8(0, 0)) },
  { title: "the IV changed", envelope: edited((bytes) => bytes.writeUInt8(0xa1, 4)) },
  { title: "made to expire later", envelope: edited((bytes) => bytes.writeDoubleBE(expiresMs + 1, TIMES_AT + 8)) },
  { title: "made to look younger", envelope: edited((bytes) => bytes.writeDoubleBE(createdMs + 1, TIMES_AT)) },
  { title: "made to never expire", envelope: edited((bytes) => bytes.writeDoubleBE(Infinity, TIMES_AT + 8)) },
  { title: "no number for its expiry", envelope: edited((bytes) => bytes.writeDoubleBE(Number.NaN, TIMES_AT + 8)) },
  {
    title: "the ciphertext's first byte changed",
    envelope: edited((bytes) => bytes.writeUInt8(~(bytes[TIMES_AT + 16] ?? 0) & 0xff, TIMES_AT + 16)),
  },
  {
    title: "the tag's last byte changed",
    envelope: edited((bytes) => bytes.writeUInt8(~(bytes.at(-1) ?? 0) & 0xff, bytes.length - 1)),
  },
  { title: "without its last byte", envelope: sealed.subarray(0, -1) },
  { title: "without its tag", envelope: sealed.subarray(0, -16) },
  { title: "the head alone", envelope: sealed.subarray(0, TIMES_AT + 16) },
  { title: "one byte more", envelope: Buffer.concat([sealed, Buffer.alloc(1)]) },
  {
    title: "the head of one and the rest of another",
    envelope: Buffer.concat([sealed.subarray(0, TIMES_AT + 16), seal(stream).subarray(TIMES_AT + 16)]),
  },
  { title: "nothing", envelope: Buffer.alloc(0) },
  { title: "zeros", envelope: Buffer.alloc(100) },
];

write("envelopes.json", {
  keys: Object.entries(KEYS).map(([id, key]) => ({ id, key: base64url(key) })),
  good: Object.entries(good).map(([title, sealing]) => ({
    ...opening({ title, envelope: seal(sealing), sealing }),
    iv: base64url(sealing.iv),
    entry: sealing.entry,
  })),
  bad: bad.map(opening),
});

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** In ASCII: some tools take U+2028 for the end of a line, and some editors put accents together. */
function write(file: string, vectors: object): void {
  const text = JSON.stringify(vectors, undefined, 2).replace(
    /[^\n -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  writeFileSync(new URL(file, import.meta.url), `${text}\n`);
}
