import { afterEach, describe, expect, test, vi } from "vitest";
import type { CacheStore } from "../../mint-server/cache/cache-store.ts";
import { completion, openStore, placeOf, QUESTION, servicesOn, textIn, textOf } from "./rig.ts";

const answer = completion("Whoever has the die can strike the coin.");
const never = <T>() => new Promise<T>(() => {});
const reject = () => Promise.reject(new Error("429 Too Many Requests"));
const throwAtOnce = () => {
  throw new Error("no such binding");
};

/** A store that holds an answer, whose next reads and writes fail in one way. */
async function faulty(fault: Partial<CacheStore>): Promise<CacheStore> {
  const store = openStore();
  await (await placeOf(await servicesOn(store))).keep(answer);
  return { ...store, ...fault };
}

const read = (change: (bytes: Uint8Array<ArrayBuffer>) => unknown) => async () => {
  const store = openStore();
  await (await placeOf(await servicesOn(store))).keep(answer);
  const [bytes = new Uint8Array()] = store.entries.values();
  return change(bytes) as ArrayBuffer | null;
};
const random = (size: number) => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes.buffer;
};

afterEach(() => {
  vi.useRealTimers();
});

/** Each kind of fault of a read, and what it counts as. */
const READ_FAULTS: readonly (readonly [string, CacheStore["get"], "errors" | "invalid"])[] = [
  ["fails", reject, "errors"],
  ["throws at once", throwAtOnce, "errors"],
  ["never answers", never, "errors"],
  ["gives nothing that is a value", async () => undefined as never, "errors"],
  ["gives no bytes", read(() => new ArrayBuffer()), "invalid"],
  ["gives a few random bytes", read(() => random(20)), "invalid"],
  ["gives many random bytes", read(() => random(3000)), "invalid"],
  ["gives half of it", read((bytes) => bytes.slice(0, bytes.length / 2).buffer), "invalid"],
  ["leaves out the last byte", read((bytes) => bytes.slice(0, -1).buffer), "invalid"],
  ["adds a byte", read((bytes) => new Uint8Array([...bytes, 0]).buffer), "invalid"],
  ["gives 26 MB", read(() => random(26_000_000)), "invalid"],
];

describe("a store whose read", () => {
  test.each(READ_FAULTS)("%s is a miss within 100 ms, and counted", async (_what, get, counter) => {
    const services = await servicesOn(await faulty({ get }));
    const slot = await placeOf(services);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const found = slot.find();
    // All others are answered although the clock stands still.
    if (get === never) await vi.advanceTimersByTimeAsync(100);
    expect(await found).toBeUndefined();
    vi.useRealTimers();
    expect(services.cacheCounters).toMatchObject({ hits: 0, misses: 1, errors: 0, invalid: 0, [counter]: 1 });
    // The new answer takes the place of what could not be read.
    await slot.keep(answer);
    expect(await textIn(await placeOf(services))).toBe(textOf(answer));
  });
});

describe("a store whose write", () => {
  const faults: readonly (readonly [string, CacheStore["put"]])[] = [
    ["fails", reject],
    ["throws at once", throwAtOnce],
  ];
  test.each(faults)("%s harms nobody, and is counted", async (_what, put) => {
    const services = await servicesOn({ ...openStore(), put });
    const slot = await placeOf(services);
    await slot.keep(answer);
    expect(services.cacheCounters).toMatchObject({ errors: 1 });
    expect(await textIn(await placeOf(services))).toBe(textOf(answer));
  });

  test("never ends holds up no look-up", async () => {
    const services = await servicesOn({ ...openStore(), put: never });
    const slot = await placeOf(services);
    void slot.keep(answer);
    await expect.poll(async () => textIn(await placeOf(services))).toBe(textOf(answer));
  });
});

test("a fault at each of 60 calls in turn leaves every request answered", async () => {
  const faults = READ_FAULTS.map(([, get]) => get).filter((get) => get !== never);
  const inner = openStore();
  for (let at = 0; at < 60; at++) {
    let call = 0;
    const store: CacheStore = {
      get: (name) => (call++ === at ? (faults[at % faults.length] ?? reject)(name) : inner.get(name)),
      put: (...given) => (call++ === at ? ([reject, throwAtOnce][at % 2]?.() ?? reject()) : inner.put(...given)),
    };
    const services = await servicesOn(store);
    for (let asked = 0; asked < 30; asked++) {
      const given = { body: { ...QUESTION, seed: asked % 10 } };
      const expected = completion(`answer ${asked % 10}`);
      const slot = await placeOf(services, given);
      const found = await textIn(slot);
      if (found === undefined) await slot.keep(expected);
      else expect(found).toBe(textOf(expected));
    }
  }
});
