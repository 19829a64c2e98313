import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type RunningWorker, startWorker, writeWorker } from "../support/bare-worker.ts";
import { temporaryFolder } from "../support/temporary.ts";
import type { LedgerState } from "./ledger.worker.ts";
import { ask, ledgerWorker } from "./on-workerd.ts";

// On workerd itself, as nothing else has its request contexts, nor a disk to lose.

const read = async <Body>(url: string): Promise<Body> => (await fetch(url)).json() as Promise<Body>;
let made = 0;
const newId = (): string => `proof-${++made}`;

describe.each([
  ["are kept alive", true],
  ["end with their clients", false],
])("where contexts %s", (_title, keepAlive) => {
  let worker: RunningWorker;
  let folder: string;
  let before: LedgerState;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mintgate-ledger-"));
    await writeWorker(folder, ledgerWorker({ keepAlive }));
    worker = await startWorker(folder);
  });
  afterAll(async () => {
    await worker.kill();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    before = await read<LedgerState>(`${worker.url}/hold`);
  });

  const until = (name: keyof LedgerState, count: number) =>
    vi.waitFor(
      async () => {
        const now = await read<LedgerState>(`${worker.url}/state`);
        expect(now[name] - before[name]).toBe(count);
      },
      { timeout: 20_000, interval: 5 },
    );

  test("a leader whose client leaves in the middle of the call strands nobody", async () => {
    const leader = ask(worker.url, newId());
    await until("begun", 1);
    const followers = [ask(worker.url, newId()), ask(worker.url, newId()), ask(worker.url, newId())];
    await until("asked", 4);
    leader.leave();
    await until("left", 1);
    await fetch(`${worker.url}/release`);
    expect(await Promise.all(followers.map(({ status }) => status))).toEqual([200, 200, 200]);
    // The leader's call came back only where its context lived on.
    await until("returned", keepAlive ? 2 : 1);
  });

  test("the next in the queue whose client has left strands nobody", async () => {
    const leader = ask(worker.url, newId());
    await until("begun", 1);
    const next = ask(worker.url, newId());
    await until("asked", 2);
    const followers = [ask(worker.url, newId()), ask(worker.url, newId())];
    await until("asked", 4);
    next.leave();
    await until("left", 1);
    await fetch(`${worker.url}/release`);
    const all = [leader, ...followers].map(({ status }) => status);
    expect(await Promise.all(all)).toEqual([200, 200, 200]);
  });

  test("who waits for another's call is not taken for hung", async () => {
    const all = Array.from({ length: 40 }, () => ask(worker.url, newId()));
    await until("asked", 40);
    await fetch(`${worker.url}/release`);
    expect(await Promise.all(all.map(({ status }) => status))).toEqual(all.map(() => 200));
  });
});

test("over five kills in the middle of a burst, no more is granted than there is money for, and all of it is kept", async () => {
  const folder = await temporaryFolder();
  await writeWorker(folder, ledgerWorker({ keepAlive: true }));
  const granted: string[] = [];
  const burst = (url: string) => {
    const ids = Array.from({ length: 100 }, newId);
    // Money for 230.
    const asked = ids.map((id) => ask(url, id, 11_549).status);
    const done = asked.map(async (status, index) => {
      if ((await status) === 200) granted.push(ids[index] ?? "");
    });
    return { asked, done };
  };
  for (let kill = 0; kill < 5; kill++) {
    const worker = await startWorker(folder);
    const { asked, done } = burst(worker.url);
    await Promise.race(asked);
    await worker.kill();
    await Promise.all(done);
  }
  const worker = await startWorker(folder);
  const { micros } = await read<{ micros: number }>(`${worker.url}/usage`);
  expect(micros).toBeGreaterThanOrEqual(granted.length * 50);
  const replayed = granted.map((id) => ask(worker.url, id).status);
  expect(new Set(await Promise.all(replayed))).toEqual(new Set([402]));
  for (let calm = 0; calm < 3; calm++) await Promise.all(burst(worker.url).done);
  expect(granted.length).toBeLessThanOrEqual(230);
  expect(await read(`${worker.url}/usage`)).toMatchObject({ requests: 230, micros: 11_500 });
  await worker.kill();
});
