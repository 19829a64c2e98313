import { env } from "cloudflare:test";
import { expect, test } from "vitest";
import { frontMemory, type KvNamespace, kvStore } from "../../mint-server/cache/cache-store.ts";
import { createServices } from "../../mint-server/server.ts";
import { completion, configWith, credentialFor, placeOf, servicesOn, textIn, textOf } from "./rig.ts";

// On a real KV binding, the one of `wrangler.toml`.
const { CACHE } = env as unknown as { CACHE: KvNamespace & KVNamespace };

/** With a memory of its own, as in another isolate. */
const newStore = () => kvStore(CACHE, frontMemory());

test("an answer lives in KV: another instance finds it, and another subject does not", async () => {
  const [one, two] = [await servicesOn(newStore()), await servicesOn(newStore())];
  const answer = completion("Whoever has the die can strike the coin.");
  const order = { subject: crypto.randomUUID() };
  const slot = await placeOf(one, { key: await credentialFor(one, order), headers: { "x-bt-cache-ttl": "5" } });
  expect(await slot.find()).toBeUndefined();
  await slot.keep(answer);
  expect(await textIn(await placeOf(two, { key: await credentialFor(two, order) }))).toBe(textOf(answer));
  const other = await credentialFor(two, { subject: crypto.randomUUID() });
  expect(await (await placeOf(two, { key: other })).find()).toBeUndefined();
  // KV takes no less than a minute; the envelope ends after five seconds all the same.
  const third = await servicesOn(newStore());
  const late = { key: await credentialFor(third, order), now: Date.now() + 6000 };
  expect(await (await placeOf(third, late)).find()).toBeUndefined();
  expect(third.cacheCounters).toEqual({ hits: 0, misses: 1, errors: 0, invalid: 0 });
});

test("what was changed in KV is a miss and counted", async () => {
  const order = { subject: crypto.randomUUID() };
  const one = await servicesOn(newStore());
  const slot = await placeOf(one, { key: await credentialFor(one, order) });
  await slot.keep(completion("genuine"));
  const stored = new Uint8Array((await CACHE.get(slot.name, "arrayBuffer")) ?? new ArrayBuffer());
  stored[stored.length - 20] = (stored[stored.length - 20] ?? 0) ^ 1;
  await CACHE.put(slot.name, stored);
  const two = await servicesOn(newStore());
  expect(await (await placeOf(two, { key: await credentialFor(two, order) })).find()).toBeUndefined();
  expect(two.cacheCounters).toEqual({ hits: 0, misses: 1, errors: 0, invalid: 1 });
});

test("without a binding there is no cache on workerd", async () => {
  expect((await createServices(configWith())).edgeCache).toBeUndefined();
});
