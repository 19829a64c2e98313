import { beforeEach, describe, expect, test, vi } from "vitest";
import { createUnfinishedCalls, type Question, type UnfinishedOptions } from "../../sw/unfinished.ts";
import type { StoredCall, UnfinishedStore } from "../../sw/unfinished-store.ts";

const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;
const question = (body = "secret prompt", headers = {}): Question => ({
  url: "https://app.example/v1/proxy/chat/completions",
  headers: new Headers(headers),
  body: bytesOf(body),
});
const asker = (clientId: string, headers = {}) => ({
  clientId,
  request: new Request("https://app.example", { headers }),
});

/** A store that outlives the workers that use it, as IndexedDB does. */
function createMemoryStore() {
  const calls = new Map<string, StoredCall>();
  const store: UnfinishedStore = {
    load: async () => [...calls.values()],
    put: async (call) => void calls.set(call.key, call),
    delete: async (key) => void calls.delete(key),
  };
  return { calls, store };
}

let alive: Set<string>;
beforeEach(() => {
  alive = new Set(["page"]);
});

const startWorker = (store: UnfinishedOptions["store"]) =>
  createUnfinishedCalls({ isAlive: async (id) => alive.has(id), ...(store && { store }) });

describe("a worker that was stopped", () => {
  async function stoppedWorker() {
    const { calls, store } = createMemoryStore();
    const listing = startWorker(store).list("k1", question(), "page");
    await vi.waitFor(() => expect(calls.size).toBe(1));
    return { calls, listing, next: startWorker(store) };
  }

  test("leaves its answers to the next, for who asks the same when the page is gone", async () => {
    const { next } = await stoppedWorker();
    alive.clear();
    expect(await next.take(question("another prompt."), asker("new"))).toBeUndefined();
    expect(await next.take(question(), asker("new"))).toBe("k1");
    expect(await next.take(question(), asker("new"))).toBeUndefined();
  });

  test("leaves nothing to others while the page is there, which goes on by itself", async () => {
    const { next } = await stoppedWorker();
    expect(await next.take(question(), asker("other"))).toBeUndefined();
    expect(await next.take(question(), asker("page"))).toBeUndefined();
  });

  test("leaves its answer to the page's SDK when that tries again", async () => {
    const { next } = await stoppedWorker();
    const retry = { "x-stainless-retry-count": "1" };
    expect(await next.take(question(), asker("other", retry))).toBeUndefined();
    expect(await next.take(question(), asker("page", retry))).toBe("k1");
  });

  test("stores nothing of what was asked", async () => {
    const { calls } = await stoppedWorker();
    expect(JSON.stringify([...calls])).not.toContain("secret");
    expect(Object.keys(calls.get("k1") ?? {}).sort()).toEqual(["clientId", "digest", "key", "startedMs"]);
  });

  test("leaves no answer that had ended", async () => {
    const { calls, listing } = await stoppedWorker();
    expect(listing.end()).toBe(true);
    await vi.waitFor(() => expect(calls.size).toBe(0));
  });
});

test("a call that is short leaves no record", async () => {
  const { calls, store } = createMemoryStore();
  const put = vi.spyOn(store, "put");
  startWorker(store).list("k1", question(), "page").end();
  const longer = startWorker(store).list("k2", question(), "page");
  await vi.waitFor(() => expect(calls.size).toBe(1));
  expect(put).toHaveBeenCalledTimes(1);
  longer.end();
});

test.each([
  ["rejects", () => Promise.reject(new Error("lost"))],
  ["hangs", () => new Promise<never>(() => undefined)],
  [
    "throws",
    () => {
      throw new Error("closed");
    },
  ],
])("a store that %s keeps nobody waiting", async (_, work) => {
  const unfinished = startWorker({ load: work, put: work, delete: work });
  const listing = unfinished.list("k1", question(), "page");
  expect(await unfinished.take(question("x"), asker("other"))).toBeUndefined();
  listing.leave();
  expect(await unfinished.take(question(), asker("other"))).toBe("k1");
  expect(listing.end()).toBe(false);
});

test("an answer that was taken over is not its first caller's to end", async () => {
  const unfinished = startWorker(undefined);
  const first = unfinished.list("k1", question(), "page");
  alive.clear();
  expect(await unfinished.take(question(), asker("next"))).toBe("k1");
  const second = unfinished.list("k1", question(), "next");
  expect([first.end(), second.end(), second.end()]).toEqual([false, true, false]);
});
