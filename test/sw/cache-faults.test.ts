import { describe, expect, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import type { CacheStore } from "../../sw/cache-store.ts";
import { COMPLETION, createCacheRig, QUESTION } from "./cache-rig.ts";

const METHODS = ["loadKeys", "swapKeys", "deleteKeys", "get", "put", "touch", "delete", "deleteOf", "list"] as const;

/** What a method does in place of its work; `async` garbage is taken for an answer. */
const FAULTS: readonly { readonly fault: string; readonly behave: () => Promise<unknown> }[] = [
  { fault: "rejects", behave: () => Promise.reject(new DOMException("lost", "InvalidStateError")) },
  {
    fault: "throws",
    behave: () => {
      throw new DOMException("closed", "InvalidStateError");
    },
  },
  { fault: "hangs", behave: () => new Promise(() => undefined) },
  { fault: "gives an object", behave: async () => ({ kid: 1, bytes: "x" }) },
  { fault: "gives bytes", behave: async () => crypto.getRandomValues(new Uint8Array(100)) },
  { fault: "gives null", behave: async () => null },
  { fault: "gives nothing", behave: async () => undefined },
];

function breaking(store: CacheStore, methods: readonly string[], behave: () => Promise<unknown>): CacheStore {
  return { ...store, ...Object.fromEntries(methods.map((method) => [method, behave])) };
}

/** The promise itself: no request waits for the cache for longer. The rest is what the machine needs for all else. */
const SLACK_MS = 100 + 900;

describe.each(FAULTS)("a store that $fault", ({ behave }) => {
  test.each([...METHODS.map((method) => [method]), METHODS])(
    "at %s fails no request, and delays none",
    async (...methods) => {
      let isBroken = false;
      const rig = createCacheRig({
        around: (store) => {
          const broken = breaking(store, methods, behave);
          const now = () => (isBroken ? broken : store);
          return Object.fromEntries(
            METHODS.map((method) => [
              method,
              (...given: never[]) => (now()[method] as (...all: never[]) => unknown)(...given),
            ]),
          ) as unknown as CacheStore;
        },
      });
      await rig.ask();
      isBroken = true;
      rig.cache.forget("keys");
      for (const user of ["a", "b", "a"]) {
        const startedMs = performance.now();
        const answer = await rig.ask({ ...QUESTION, user });
        expect(performance.now() - startedMs).toBeLessThan(SLACK_MS);
        expect([answer.status, answer.text]).toEqual([200, JSON.stringify(COMPLETION)]);
      }
    },
  );
});

test("a store that is always slow is left alone after a while, and memory still answers", async () => {
  let asked = 0;
  const rig = createCacheRig({
    around: (store) => ({
      ...store,
      get() {
        asked++;
        return new Promise(() => undefined);
      },
      put: () => new Promise(() => undefined),
    }),
  });
  for (let user = 0; user < 6; user++) await rig.ask({ ...QUESTION, user: `${user}` });
  // The first has no keys to ask with.
  expect(asked).toBeLessThanOrEqual(4);
  expect((await rig.ask({ ...QUESTION, user: "0" })).headers.get(HEADER.cached)).toBe("HIT");
});

describe("a record", () => {
  /** The one entry that is stored, and a cache that has nothing in memory. */
  async function stored(change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) {
    let damage = (bytes: Uint8Array<ArrayBuffer>) => bytes;
    const deleted: string[] = [];
    const rig = createCacheRig({
      around: (store) => ({
        ...store,
        async get(id) {
          const bytes = await store.get(id);
          return bytes && damage(bytes.slice());
        },
        delete(id) {
          deleted.push(id);
          return store.delete(id);
        },
      }),
    });
    await rig.ask();
    expect((await rig.cache.info()).entries).toHaveLength(1);
    rig.cache.forget("keys");
    damage = change;
    return { rig, deleted };
  }

  test("as it was written is a hit", async () => {
    const { rig, deleted } = await stored((bytes) => bytes);
    expect((await rig.ask()).headers.get(HEADER.cached)).toBe("HIT");
    expect(deleted).toEqual([]);
  });

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>]>([
    [
      "with a flipped bit",
      (bytes) => bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1) as Uint8Array<ArrayBuffer>,
    ],
    ["that is cut", (bytes) => bytes.slice(0, -1)],
    ["that is empty", () => new Uint8Array()],
    ["of noise", () => crypto.getRandomValues(new Uint8Array(400))],
  ])("%s is a miss, and is deleted", async (_, change) => {
    const { rig, deleted } = await stored(change);
    expect((await rig.ask()).headers.get(HEADER.cached)).toBeNull();
    expect(deleted).toHaveLength(1);
  });

  test("under another's name is a miss", async () => {
    const taken: Uint8Array<ArrayBuffer>[] = [];
    const rig = createCacheRig({
      around: (store) => ({
        ...store,
        put(id, entry) {
          taken.push(entry.bytes);
          return store.put(id, entry);
        },
        get: async () => taken[0],
      }),
    });
    await rig.ask();
    expect((await rig.cache.info()).entries).toHaveLength(1);
    rig.cache.forget("keys");
    expect((await rig.ask({ ...QUESTION, user: "u" })).headers.get(HEADER.cached)).toBeNull();
  });
});
