import { describe, expect, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { createBrowserCache } from "../../sw/cache.ts";
import { createKeyring } from "../../sw/cache-keys.ts";
import { createMemoryStore } from "../../sw/cache-memory.ts";
import type { CacheStore } from "../../sw/cache-store.ts";
import { createCacheRig, MAX_BYTES, QUESTION } from "./cache-rig.ts";
import { CHAT } from "./rig.ts";

const SLOT = Promise.resolve("slot");
const memory = () => createMemoryStore(MAX_BYTES, () => 0);

async function keyringOf(store: CacheStore, subject?: string) {
  const keyring = createKeyring(store, SLOT);
  if (subject !== undefined) keyring.belongTo(subject);
  return { keyring, keys: await keyring.current() };
}

describe("the keys", () => {
  test("can be exported by nobody", async () => {
    const { keys } = await keyringOf(memory(), "a");
    expect([keys?.naming.extractable, keys?.sealing.extractable]).toEqual([false, false]);
    expect(keys?.sealing.algorithm).toMatchObject({ name: "AES-GCM", length: 256 });
  });

  test("are the same for a subject, after a restart and in another tab at the same time", async () => {
    const store = memory();
    const tabs = await Promise.all([1, 2, 3].map(() => keyringOf(store, "a")));
    const later = await keyringOf(store, "a");
    const kids = new Set([...tabs, later].map(({ keys }) => keys?.kid));
    expect(kids.size).toBe(1);
  });

  test("are there before any credential, and made only with one", async () => {
    const store = memory();
    expect((await keyringOf(store)).keys).toBeUndefined();
    const { keys } = await keyringOf(store, "a");
    expect((await keyringOf(store)).keys).toEqual(keys);
  });

  test("of another subject take their place, and what those sealed is deleted", async () => {
    const store = memory();
    const a = await keyringOf(store, "a");
    await store.put(`${a.keys?.kid}.x`, {
      bytes: new Uint8Array(1),
      createdMs: 0,
      expiresMs: 1,
      usedAtMs: 0,
      sizeBytes: 1,
    });
    const b = await keyringOf(store, "b");
    expect(b.keys?.kid).not.toBe(a.keys?.kid);
    expect((await keyringOf(store)).keys?.kid).toBe(b.keys?.kid);
    expect(await store.list()).toEqual([]);
  });

  test("say whose they are to nobody who has not both", async () => {
    const [one, other] = [await keyringOf(memory(), "a"), await keyringOf(memory(), "a")];
    expect(one.keys?.mark).not.toBe(other.keys?.mark);
  });

  test("that cannot be stored last as long as the page", async () => {
    const broken = { ...memory(), loadKeys: async () => Promise.reject(), swapKeys: async () => Promise.reject() };
    const { keyring, keys } = await keyringOf(broken, "a");
    expect(keys).toBeDefined();
    expect(await keyring.current()).toBe(keys);
  });
});

describe("signing out", () => {
  test("makes what was kept unreadable even if it cannot be deleted", async () => {
    const rig = createCacheRig({
      around: (store) => ({ ...store, deleteOf: async () => Promise.reject(new Error("no")) }),
    });
    await rig.ask();
    expect((await rig.cache.info()).entries).toHaveLength(1);
    await rig.cache.shred("all");
    expect(await rig.store.list()).toHaveLength(1);
    expect((await rig.ask()).headers.get(HEADER.cached)).toBeNull();
    // Not by anyone who starts anew with what is stored, either.
    const next = createBrowserCache({ store: rig.store, slot: SLOT, maxBytes: MAX_BYTES, now: () => rig.dateMs });
    const answer = await rig.call(
      CHAT,
      { method: "POST", body: JSON.stringify(QUESTION) },
      {},
      { ...rig.gate, cache: next },
    );
    expect(answer.headers.get(HEADER.cached)).toBeNull();
  });

  test("deletes keys before answers", async () => {
    const order: string[] = [];
    const rig = createCacheRig({
      around: (store) => ({
        ...store,
        deleteKeys(slot) {
          order.push("keys");
          return store.deleteKeys(slot);
        },
        deleteOf(kid) {
          order.push("answers");
          return store.deleteOf(kid);
        },
      }),
    });
    await rig.ask();
    expect((await rig.cache.info()).entries).toHaveLength(1);
    await rig.cache.shred("all");
    expect(order).toEqual(["keys", "answers"]);
    expect(await rig.store.list()).toEqual([]);
  });

  test("says so if the keys are still there, and forgets them all the same", async () => {
    const rig = createCacheRig({
      around: (store) => ({ ...store, deleteKeys: async () => Promise.reject(new Error("no")) }),
    });
    await rig.ask();
    await expect(rig.cache.shred("all")).rejects.toThrow("no");
  });

  test("while an answer runs keeps it from being kept", async () => {
    const rig = createCacheRig();
    const answer = await rig.call(CHAT, { method: "POST", body: JSON.stringify(QUESTION) });
    await rig.cache.shred("all");
    await answer.text();
    await rig.call(CHAT, { method: "POST", body: JSON.stringify(QUESTION) });
    expect(await rig.store.list()).toEqual([]);
  });

  test("in another tab is heard in this one", async () => {
    const rig = createCacheRig();
    await rig.ask();
    await rig.store.deleteKeys(undefined);
    rig.cache.forget("subject");
    expect((await rig.ask()).headers.get(HEADER.cached)).toBeNull();
  });
});

describe("a user switch", () => {
  test("shreds the old user's answers as soon as the new one has a credential", async () => {
    const rig = createCacheRig();
    await rig.ask();
    rig.server.subject = "another";
    rig.clockMs += 600_000;
    await rig.ask({ ...QUESTION, user: "u" });
    expect((await rig.ask()).headers.get(HEADER.cached)).toBeNull();
    expect((await rig.ask()).headers.get(HEADER.cached)).toBe("HIT");
  });

  test("in mid-answer keeps that answer from being the new user's", async () => {
    const rig = createCacheRig();
    const answer = await rig.call(CHAT, { method: "POST", body: JSON.stringify(QUESTION) });
    rig.server.subject = "another";
    rig.clockMs += 600_000;
    await rig.ask({ ...QUESTION, user: "u" });
    await answer.text();
    expect((await rig.ask()).headers.get(HEADER.cached)).toBeNull();
  });

  test("a renewed credential of the same user keeps the cache", async () => {
    const rig = createCacheRig();
    await rig.ask();
    rig.clockMs += 600_000;
    await rig.ask({ ...QUESTION, user: "u" });
    expect(rig.server.mints()).toHaveLength(2);
    expect((await rig.ask()).headers.get(HEADER.cached)).toBe("HIT");
  });
});

describe("a session that is refused", () => {
  test.each([401, 403])("with %i when it is renewed makes the cache unreadable", async (status) => {
    const rig = createCacheRig();
    await rig.ask();
    rig.server.door = () => Response.json({ error: { message: "no" } }, { status });
    rig.clockMs += 600_000;
    expect((await rig.ask({ ...QUESTION, user: "u" })).status).toBe(status);
    expect((await rig.ask()).status).toBe(status);
    expect(await rig.store.loadKeys("slot")).toBeUndefined();
  });

  test("with its new credential too makes the cache unreadable", async () => {
    const rig = createCacheRig();
    await rig.ask();
    rig.server.answer = () =>
      new Response("{}", { status: 401, headers: { "www-authenticate": 'DPoP error="invalid_token"' } });
    expect((await rig.ask({ ...QUESTION, user: "u" })).status).toBe(401);
    expect((await rig.ask()).status).toBe(401);
    expect(await rig.store.loadKeys("slot")).toBeUndefined();
  });

  test.each([429, 500])("with %i for now keeps it", async (status) => {
    const rig = createCacheRig();
    await rig.ask();
    rig.server.door = () => Response.json({ error: { message: "later" } }, { status });
    rig.clockMs += 600_000;
    await rig.ask({ ...QUESTION, user: "u" });
    expect((await rig.ask()).headers.get(HEADER.cached)).toBe("HIT");
  });
});

test("offline, what is kept is answered without any credential", async () => {
  const rig = createCacheRig();
  await rig.ask();
  expect((await rig.cache.info()).entries).toHaveLength(1);
  const restarted = createBrowserCache({ store: rig.store, slot: SLOT, maxBytes: MAX_BYTES, now: () => rig.dateMs });
  rig.server.unreachable = true;
  rig.gate.credentials.forget();
  const answer = await rig.call(
    CHAT,
    { method: "POST", body: JSON.stringify(QUESTION) },
    {},
    { ...rig.gate, cache: restarted },
  );
  expect(answer.headers.get(HEADER.source)).toBe("browser-cache");
});

test("clearing deletes all answers, and the next ones are kept again", async () => {
  const rig = createCacheRig();
  await rig.ask();
  await rig.cache.clear();
  expect(await rig.cache.info()).toEqual({ entries: [], sizeBytes: 0, maxBytes: MAX_BYTES });
  expect((await rig.ask()).headers.get(HEADER.cached)).toBeNull();
  expect((await rig.ask()).headers.get(HEADER.cached)).toBe("HIT");
});

test("a cache of no size keeps nothing", async () => {
  const rig = createCacheRig({ maxBytes: 0 });
  await rig.ask();
  await rig.ask();
  expect(rig.server.calls()).toHaveLength(2);
  expect(await rig.cache.info()).toEqual({ entries: [], sizeBytes: 0, maxBytes: 0 });
});
