import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measureOutage, type Outage, startOutage } from "./outage.ts";

// A sample; `test/reliability/acceptance.ts` asks ten thousand times.

let outage: Outage;

beforeAll(async () => {
  outage = await startOutage();
});
afterAll(() => outage.stop());

/** Asks until it is so, for ten seconds at most. */
async function recoversTo(isSo: (endpoint: string | null, status: number) => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const { endpoint, status } = await outage.ask();
    if (isSo(endpoint, status)) return;
    if (performance.now() > deadline) throw new Error("did not recover within ten seconds");
    await sleep(50);
  }
}

test("one dead endpoint of three costs callers nothing that they notice, and it is back soon after it is healed", async () => {
  const { succeeded, load, addedP95Ms } = await measureOutage(outage, 1000, 8);
  expect(succeeded).toBeGreaterThanOrEqual(0.999);
  expect(load).toBeLessThanOrEqual(1.1);
  expect(addedP95Ms).toBeLessThan(300);
  await recoversTo((endpoint) => endpoint === "endpoint-0");
});

test("all dead is a typed 503 at once, and over soon after one is healed", async () => {
  for (const provider of outage.providers) provider.isDead = true;
  await outage.askMany(60, 8);
  for (const provider of outage.providers) provider.requests = 0;
  const seen = await outage.askMany(20, 1);
  expect(new Set(seen.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(["503 no_endpoint_healthy"]));
  expect(seen.every(({ retryAfter }) => Number(retryAfter) >= 1 && Number(retryAfter) <= 5)).toBe(true);
  expect(Math.max(...seen.map(({ ms }) => ms))).toBeLessThan(100);
  expect(outage.providers.map(({ requests }) => requests)).toEqual([0, 0, 0]);
  outage.providers[1].isDead = false;
  await recoversTo((_, status) => status === 200);
});
