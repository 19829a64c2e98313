import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { waitUntil } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import type { Charge, Reservation } from "../../mint-server/credentials/ledger.ts";
import type { ShardNamespace } from "../../mint-server/credentials/ledger-lease.ts";
import { createShardedClient, shardName } from "../../mint-server/credentials/ledger-shards.ts";
import type { LedgerObject } from "../../mint-server/ledger-object.ts";

const { LEDGER } = env as unknown as { LEDGER: DurableObjectNamespace<LedgerObject> };

const SHARDS = 4;

/** A new organisation's ledgers, and an instance's way to them. */
function newOrg() {
  const root = crypto.randomUUID();
  const place = (shard: number) => ({ root, shard, shards: SHARDS });
  return {
    client: () => createShardedClient(LEDGER as unknown as ShardNamespace, { root, shards: SHARDS }, { waitUntil }),
    root: () => LEDGER.getByName(root),
    shards: [0, 1, 2, 3].map((shard) => () => LEDGER.getByName(shardName(place(shard)))),
  };
}

/** 50 micro-dollars at worst. */
const make = (subject: string, micros: number): Reservation => ({
  id: crypto.randomUUID(),
  jti: "credential-1",
  subject,
  issuedAt: Math.floor(Date.now() / 1000) - 60,
  now: Date.now(),
  charges: [{ account: "org", period: "all", micros } satisfies Charge],
  inputTokens: 10,
  inputMicros: 10,
  outputTokens: 20,
  microsPerOutputToken: 2,
  flexible: false,
});

/** Runs the shards' alarms until all is back: one that ran by itself just before leaves the next nothing to do for a second. */
async function allBack(
  shards: readonly (() => DurableObjectStub<LedgerObject>)[],
  isBack: () => Promise<void>,
): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const shard of shards) await runDurableObjectAlarm(shard());
      await isBack();
    },
    { timeout: 10_000, interval: 250 },
  );
}

test("of 500 parallel requests by 40 subjects on four shards, with money for 10, 10 are granted in the end", async () => {
  const { client, root, shards } = newOrg();
  const instances = [client(), client()];
  const ask = (at: number) => instances[at % 2]?.reserve(make(`subject-${at % 40}`, 549));
  const verdicts = await Promise.all(Array.from({ length: 500 }, (_, at) => ask(at)));
  let granted = verdicts.filter((verdict) => verdict?.ok).length;
  expect(granted).toBeGreaterThan(0);
  expect(granted).toBeLessThanOrEqual(10);
  // What shards hold and do not use they give back in their alarms.
  await allBack(shards, async () =>
    expect(await root().usage("org", "all")).toMatchObject({ requests: granted, micros: granted * 50 }),
  );
  await vi.waitFor(async () => {
    if ((await ask(0))?.ok) granted += 1;
    expect(granted).toBe(10);
  });
  expect((await ask(1))?.ok).toBe(false);
});

test("slices outlive an eviction of shard and root, and come back in the alarm after it", async () => {
  const { client, root, shards } = newOrg();
  const instance = client();
  const subjects = Array.from({ length: 20 }, (_, at) => `subject-${at}`);
  for (const subject of subjects) expect(await instance.reserve(make(subject, 100_000))).toMatchObject({ ok: true });
  for (const object of [root, ...shards]) await evictDurableObject(object());
  // At least what is used, and whatever is leased beyond.
  expect((await root().usage("org", "all")).micros).toBeGreaterThanOrEqual(20 * 50);
  await allBack(shards, async () =>
    expect(await root().usage("org", "all")).toEqual({ requests: 20, tokens: 600, micros: 1000 }),
  );
});

test("a shard's alarm is due as soon as it holds anything, and folds only once a minute", async () => {
  const { client, shards } = newOrg();
  const instance = client();
  for (let at = 0; at < 20; at++) await instance.reserve(make(`subject-${at}`, 100_000));
  for (const shard of shards) {
    const due = () => runInDurableObject(shard(), (_object, { storage }) => storage.getAlarm());
    expect(((await due()) ?? Number.POSITIVE_INFINITY) - Date.now()).toBeLessThanOrEqual(5000);
    await runDurableObjectAlarm(shard());
    await runDurableObjectAlarm(shard());
    const next = ((await due()) ?? Number.POSITIVE_INFINITY) - Date.now();
    expect(next).toBeGreaterThan(5000);
    expect(next).toBeLessThanOrEqual(60_000);
  }
});

test("a revocation reaches all shards at once, also over evictions", async () => {
  const { client, shards, root } = newOrg();
  const instance = client();
  await instance.reserve(make("subject-1", 100_000));
  await instance.revoke({ kind: "org" }, Date.now());
  for (const object of [root, ...shards]) await evictDurableObject(object());
  const other = client();
  for (let at = 0; at < 12; at++) {
    const credential = { jti: "credential-1", subject: `subject-${at}`, issuedAt: Math.floor(Date.now() / 1000) - 60 };
    expect(await other.isRevoked(credential)).toBe(true);
    expect(await other.reserve(make(`subject-${at}`, 100_000))).toEqual({ ok: false, reason: "revoked" });
  }
});
