import { expect, test } from "vitest";
import { createPartitions } from "../../mint-server/cache/partitions.ts";
import { fromBase64url } from "../../mint-server/contract/bytes.ts";
import { openEntry } from "../../mint-server/contract/envelope.ts";
import type { Caller } from "../../mint-server/credentials/verify.ts";
import {
  completion,
  configWith,
  credentialFor,
  NEW_SECRET,
  OLD_SECRET,
  openStore,
  PROJECT_KEY,
  placeOf,
  QUESTION,
  SHARED_KEY,
  servicesOn,
  textIn,
  textOf,
} from "./rig.ts";

const KEY_A = "sk-provider-key-of-one-caller";
const KEY_B = "sk-provider-key-of-another-one";

test("100 subjects with 100 identical questions share no entry and no name", { timeout: 120_000 }, async () => {
  const store = openStore();
  const services = await servicesOn(store);
  const subjects = Array.from({ length: 100 }, (_, at) => `user-${at}`);
  const keys = await Promise.all(subjects.map((subject) => credentialFor(services, { subject })));
  const questionAt = (at: number) => ({ ...QUESTION, seed: at });
  for (const [owner, key] of keys.entries()) {
    for (let at = 0; at < 100; at++) {
      const slot = await placeOf(services, { key, body: questionAt(at) });
      expect(await slot.find()).toBeUndefined();
      await slot.keep(completion(`${at} for ${owner}`));
    }
  }
  expect(store.entries.size).toBe(10_000);
  const others = await servicesOn(store);
  for (const [owner, key] of keys.entries()) {
    for (const at of [0, 50, 99]) {
      expect(await textIn(await placeOf(others, { key, body: questionAt(at) }))).toBe(
        textOf(completion(`${at} for ${owner}`)),
      );
    }
  }
  expect(services.cacheCounters).toEqual({ hits: 0, misses: 10_000, errors: 0, invalid: 0 });
});

test("a renewed credential finds what the one before it left, and so does the key that issued both", async () => {
  const services = await servicesOn(openStore());
  const answer = completion("kept over a renewal");
  await (await placeOf(services, { key: await credentialFor(services) })).keep(answer);
  for (const key of [await credentialFor(services), PROJECT_KEY]) {
    expect(await textIn(await placeOf(services, { key }))).toBe(textOf(answer));
  }
  expect(await textIn(await placeOf(services, { key: await credentialFor(services, { subject: "bo" }) }))).toBe(
    undefined,
  );
});

test("an organisation that shares its cache does so among its members, and with nobody else", async () => {
  const services = await servicesOn(openStore());
  const member = (subject: string) => credentialFor(services, { by: SHARED_KEY, subject });
  const answer = completion("for all of us");
  await (await placeOf(services, { key: await member("ann") })).keep(answer);
  for (const key of [await member("bo"), SHARED_KEY])
    expect(await textIn(await placeOf(services, { key }))).toBe(textOf(answer));
  const outside = await credentialFor(services, { subject: "ann" });
  for (const key of [outside, PROJECT_KEY, KEY_A])
    expect(await textIn(await placeOf(services, { key }))).toBe(undefined);
});

test("a caller keeps its cache while two secrets are live", async () => {
  const store = openStore();
  const before = await servicesOn(store, configWith([OLD_SECRET]));
  const answer = completion("kept over a rotation");
  const order = { subject: "ann" };
  await (await placeOf(before, { key: await credentialFor(before, order) })).keep(answer);
  const during = await servicesOn(store, configWith([NEW_SECRET, OLD_SECRET]));
  expect(await textIn(await placeOf(during, { key: await credentialFor(during, order) }))).toBe(textOf(answer));
  const after = await servicesOn(store, configWith([NEW_SECRET]));
  expect(await textIn(await placeOf(after, { key: await credentialFor(after, order) }))).toBe(undefined);
  expect(after.cacheCounters.invalid).toBe(0);
});

test("a provider key shares its cache with the credentials that it issues for itself, and not with its subjects", async () => {
  const services = await servicesOn(openStore());
  const answer = completion("of a key's owner");
  await (await placeOf(services, { key: KEY_A })).keep(answer);
  const own = await credentialFor(services, { by: KEY_A });
  expect(await textIn(await placeOf(services, { key: own }))).toBe(textOf(answer));
  const subject = await credentialFor(services, { by: KEY_A, subject: "ann" });
  for (const key of [KEY_B, PROJECT_KEY, subject])
    expect(await textIn(await placeOf(services, { key }))).toBe(undefined);
});

test("from the whole storage, the root secret and every name, another key opens nothing", async () => {
  const store = openStore();
  const services = await servicesOn(store);
  for (let at = 0; at < 20; at++) {
    await (await placeOf(services, { key: KEY_A, body: { ...QUESTION, seed: at } })).keep(completion(`secret ${at}`));
  }
  const root = fromBase64url(OLD_SECRET);
  if (!root) throw new Error("the secret is base64url");
  const partitionOf = await createPartitions([root]);
  const callerWith = async (key: string): Promise<Caller> => {
    const headers = new Headers({ authorization: `Bearer ${key}` });
    const access = { headers, method: "GET", path: "/", endpoint: undefined, now: Date.now() };
    const caller = await services.authorise(access);
    if (!caller.ok) throw new Error("not let in");
    return caller.value;
  };
  const owner = await callerWith(KEY_A);
  const opened = async (thief: Caller): Promise<number> => {
    const { sealKey: key, kid } = await partitionOf(thief);
    const tried = [...store.entries].map(([name, bytes]) => openEntry(bytes, { key, kid, name, nowMs: 0 }));
    return (await Promise.all(tried)).filter((entry) => entry !== undefined).length;
  };
  // Even one who knows what the owner is called.
  expect(await opened({ ...owner, providerKey: KEY_B })).toBe(0);
  const withoutKey = await createPartitions([root]);
  const { sealKey, kid } = await withoutKey({ ...owner, providerKey: "" });
  for (const [name, bytes] of store.entries)
    expect(await openEntry(bytes, { key: sealKey, kid, name, nowMs: 0 })).toBe(undefined);
  expect(await opened(await callerWith(PROJECT_KEY))).toBe(0);
  const again = await createPartitions([root]);
  const right = await again(owner);
  const [first] = store.entries;
  if (!first) throw new Error("nothing was stored");
  const entry = await openEntry(first[1], { key: right.sealKey, kid: right.kid, name: first[0], nowMs: 0 });
  expect(entry && textOf(entry)).toContain("secret 0");
});

test("what is stored shows neither question nor answer nor whose they are", async () => {
  const store = openStore();
  const services = await servicesOn(store);
  const key = await credentialFor(services, { subject: "canary-subject" });
  const body = { ...QUESTION, messages: [{ role: "user", content: "canary-question" }] };
  await (await placeOf(services, { key, body })).keep(completion("canary-answer"));
  const [[name, bytes] = ["", new Uint8Array()]] = store.entries;
  expect(name).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const text = Buffer.from(bytes).toString("latin1");
  for (const word of ["canary", "gpt-4o-mini", "openai", "chat", "application/json"]) expect(text).not.toContain(word);
});
