import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Charge, Reservation } from "../../mint-server/credentials/ledger.ts";
import { createLedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { NONE } from "../../mint-server/credentials/ledger-lease.ts";
import { openGrants, openShard, placeOf } from "../../mint-server/credentials/ledger-leases.ts";
import { createShard } from "../../mint-server/credentials/ledger-shard.ts";
import { createShardedClient, shardName, shardOf } from "../../mint-server/credentials/ledger-shards.ts";
import { createSqlStorage } from "../../mint-server/credentials/ledger-sql.ts";
import { makeReservation, NOON } from "./make-reservation.ts";
import { createShardLedgers } from "./shard-namespace.ts";
import { makeShardDisk, makeSql } from "./storages.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const SHARDS = 4;
const place = (shard: number) => ({ root: "acme", shard, shards: SHARDS });

function setUp() {
  const ledgers = createShardLedgers(Date.now);
  const client = createShardedClient(ledgers.namespace, { root: "acme", shards: SHARDS });
  return { ...ledgers, client };
}

/** Some subject of a shard. */
function subjectOf(shard: number): string {
  for (let at = 0; ; at++) if (shardOf(`subject-${at}`, SHARDS) === shard) return `subject-${at}`;
}

const org = (limits: Partial<Charge>): Charge[] => [{ account: "org", period: "day:2026-11-22", ...limits }];
const by = (subject: string, given: Partial<Reservation> = {}): Reservation => makeReservation({ subject, ...given });
const free = ({ id }: Reservation) => ({ id, inputTokens: 0, outputTokens: 0, micros: 0 });

describe("subjects", () => {
  test("spread evenly, each always on the same shard", () => {
    const counts = [0, 0, 0, 0];
    for (let at = 0; at < 4000; at++) {
      const shard = shardOf(`user-${at}`, SHARDS);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(shardOf("user-1", 16)).toBe(shardOf("user-1", 16));
    expect(new Set(Array.from({ length: 400 }, (_, at) => shardOf(`user-${at}`, 16))).size).toBe(16);
  });

  test("count on their own shard, where they are settled, and the sum is told", async () => {
    const { client, cores } = setUp();
    const subject = subjectOf(2);
    const charges: Charge[] = [{ account: `sub:${subject}`, period: "all", micros: 60 }];
    const first = by(subject, { charges });
    const asked = client.reserve(first);
    expect(client.isIdle()).toBe(false);
    expect(await asked).toMatchObject({ ok: true, remaining: { micros: 10 } });
    expect(await client.reserve(by(subject, { charges }))).toMatchObject({ ok: false, reason: "budget" });
    client.settle({ id: first.id, inputTokens: 1, outputTokens: 1, micros: 3 });
    await client.flush();
    expect(cores.get(shardName(place(2)))?.usage(`sub:${subject}`, "all")).toEqual({
      requests: 1,
      tokens: 2,
      micros: 3,
    });
    expect(await client.usage(`sub:${subject}`, "all")).toEqual({ requests: 1, tokens: 2, micros: 3 });
    expect(cores.get(shardName(place(1)))?.usage(`sub:${subject}`, "all").requests).toBe(0);
    expect(client.isIdle()).toBe(true);
  });

  test("keep the counts that they have at the root from before there were shards", async () => {
    const { client, namespace } = setUp();
    const subject = subjectOf(0);
    const charges: Charge[] = [{ account: `sub:${subject}`, period: "all" }];
    await namespace.getByName("acme").reserve([by(subject, { charges })], [], 0);
    await client.reserve(by(subject, { charges }));
    expect(await client.usage(`sub:${subject}`, "all")).toEqual({ requests: 2, tokens: 60, micros: 100 });
  });

  test("a settlement goes to the shard of its reservation alone", async () => {
    const { client, calls } = setUp();
    const reservation = by(subjectOf(1), { charges: [{ account: "jti:1", period: "all" }] });
    await client.reserve(reservation);
    calls.length = 0;
    client.settle(free(reservation));
    await client.flush();
    expect(calls).toEqual([`${shardName(place(1))} reserveInShard`]);
    calls.length = 0;
    // Once: a second one is of a reservation that nobody knows any more.
    client.settle(free(reservation));
    await client.flush();
    expect(new Set(calls.filter((call) => call.endsWith("reserveInShard"))).size).toBe(SHARDS);
  });

  test("a use without charges has nothing to settle, and is not remembered", async () => {
    const { client, calls } = setUp();
    const use = by(subjectOf(1));
    await client.reserve(use);
    calls.length = 0;
    client.settle(free(use));
    await client.flush();
    expect(new Set(calls.filter((call) => call.endsWith("reserveInShard"))).size).toBe(SHARDS);
  });

  test("a settlement of which the shard is not known goes to all, and counts where it belongs", async () => {
    const { client, namespace } = setUp();
    const other = createShardedClient(namespace, { root: "acme", shards: SHARDS });
    const subject = subjectOf(3);
    const charges: Charge[] = [{ account: `sub:${subject}`, period: "all" }];
    const reservation = by(subject, { charges });
    await client.reserve(reservation);
    other.settle(free(reservation));
    await other.flush();
    expect(await client.usage(`sub:${subject}`, "all")).toEqual({ requests: 1, tokens: 0, micros: 0 });
  });
});

describe("the organisation's cap", () => {
  test("is leased: one question to the root does for many requests, and none reaches the provider beyond it", async () => {
    const { client, count } = setUp();
    const charges = org({ micros: 100_000 });
    const subjects = [0, 1, 2, 3].map(subjectOf);
    for (let round = 0; round < 100; round++)
      for (const subject of subjects)
        expect(await client.reserve(by(subject, { charges }))).toMatchObject({ ok: true });
    expect(count("acme lease")).toBeLessThan(40);
    const verdicts = [];
    for (let round = 0; round < 600; round++) {
      for (const subject of subjects) verdicts.push(await client.reserve(by(subject, { charges })));
    }
    const granted = 400 + verdicts.filter((verdict) => verdict?.ok).length;
    expect(granted).toBeLessThanOrEqual(2000);
    expect(granted).toBeGreaterThan(1900);
    expect(await client.usage("org", "day:2026-11-22")).toEqual({
      requests: granted,
      tokens: granted * 30,
      micros: granted * 50,
    });
  });

  test("what one shard does not use another can have once it is given back", async () => {
    const { client, namespace } = setUp();
    const charges = org({ micros: 1000 });
    const [here, there] = [subjectOf(0), subjectOf(1)];
    const first = by(here, { charges });
    expect(await client.reserve(first)).toMatchObject({ ok: true, remaining: { micros: 950 } });
    // The rest, that is: all but what the other shard has leased beyond its need.
    const rest = { inputTokens: 0, outputTokens: 0, inputMicros: 950 };
    expect(await client.reserve(by(there, { charges, ...rest }))).toMatchObject({ ok: false, reason: "budget" });
    await namespace.getByName(shardName(place(0))).handBack(place(0));
    expect(await client.reserve(by(there, { charges, ...rest }))).toMatchObject({ ok: false, reason: "budget" });
    await vi.advanceTimersByTimeAsync(250);
    expect(await client.reserve(by(there, { charges, ...rest }))).toMatchObject({ ok: true, remaining: { micros: 0 } });
    client.settle(free(first));
    await client.flush();
    // Whoever looks often makes no more work than whoever looks once a second.
    expect(await client.usage("org", "day:2026-11-22")).toMatchObject({ micros: 1000 });
    await vi.advanceTimersByTimeAsync(750);
    expect(await client.usage("org", "day:2026-11-22")).toEqual({ requests: 2, tokens: 0, micros: 950 });
  });

  test("an empty root is not asked again for a quarter of a second", async () => {
    const { client, count } = setUp();
    const charges = org({ requests: 1 });
    const ask = () => client.reserve(by(subjectOf(0), { charges }));
    expect(await ask()).toMatchObject({ ok: true, remaining: { requests: 0 } });
    expect(await ask()).toMatchObject({ ok: false, limit: "requests" });
    expect(count("acme lease")).toBe(2);
    for (let more = 0; more < 10; more++) expect((await ask())?.ok).toBe(false);
    expect(count("acme lease")).toBe(2);
    await vi.advanceTimersByTimeAsync(250);
    expect((await ask())?.ok).toBe(false);
    expect(count("acme lease")).toBe(3);
  });

  test("is leased for each of its periods at once", async () => {
    const { client, count } = setUp();
    const periods = ["all", "month:2026-11", "day:2026-11-22", "hour:2026-11-22T12"];
    const charges = periods.map((period): Charge => ({ account: "org", period, micros: 50 }));
    expect(await client.reserve(by(subjectOf(0), { charges }))).toMatchObject({ ok: true, remaining: { micros: 0 } });
    expect(count("acme lease")).toBe(4);
  });

  test("those who come together ask together", async () => {
    const { client, count } = setUp();
    const charges = org({ micros: 40 * 50 });
    const subject = subjectOf(1);
    const all = Promise.all(Array.from({ length: 60 }, () => client.reserve(by(subject, { charges }))));
    await vi.advanceTimersByTimeAsync(10);
    expect((await all).filter((verdict) => verdict?.ok)).toHaveLength(40);
    expect(count("acme lease")).toBeLessThanOrEqual(2);
  });

  test("is not to be had from a root that does not answer, and what is leased already is", async () => {
    const { client, gone } = setUp();
    const charges = org({ micros: 1600 });
    const ask = (micros: number) =>
      client.reserve(by(subjectOf(0), { charges, inputMicros: micros, outputTokens: 0, inputTokens: 0 }));
    // And a sixteenth of the 1500 that are left then.
    expect(await ask(100)).toMatchObject({ ok: true });
    gone.add("acme");
    expect(await ask(93)).toMatchObject({ ok: true });
    expect(await ask(1)).toBeUndefined();
    gone.delete("acme");
    expect(await ask(1)).toMatchObject({ ok: true });
  });

  test("a request whose part costs more is counted once", async () => {
    const { client } = setUp();
    const [charge] = org({ requests: 1, micros: 500 });
    const subject = subjectOf(0);
    expect(await client.reserve(by(subject, { charges: [charge as Charge] }))).toMatchObject({ ok: true });
    const { requests: _, ...part } = charge as Charge;
    expect(await client.reserve(by(subject, { charges: [part], isPart: true }))).toMatchObject({ ok: true });
    expect(await client.usage("org", "day:2026-11-22")).toEqual({ requests: 1, tokens: 60, micros: 100 });
  });
});

describe("revocations", () => {
  const issued = { issuedAt: NOON / 1000 - 60 };

  test("reach all shards, by credential, subject and organisation", async () => {
    const { client } = setUp();
    await client.revoke({ kind: "jti", jti: "stolen" }, NOON);
    await client.revoke({ kind: "subject", subject: subjectOf(2) }, NOON);
    for (const shard of [0, 1, 2, 3]) {
      const subject = subjectOf(shard);
      expect(await client.isRevoked({ ...issued, jti: "stolen", subject })).toBe(true);
      expect(await client.isRevoked({ ...issued, jti: "other", subject })).toBe(shard === 2);
      expect(await client.reserve(by(subject, { jti: "stolen" }))).toEqual({ ok: false, reason: "revoked" });
    }
    await client.revoke({ kind: "org" }, NOON);
    for (const shard of [0, 1, 2, 3])
      expect(await client.isRevoked({ ...issued, jti: "other", subject: subjectOf(shard) })).toBe(true);
  });

  test("are known to shards that there were none of then, and not written twice", async () => {
    const { client, namespace, cores } = setUp();
    await namespace.getByName("acme").revoke({ kind: "jti", jti: "stolen" }, NOON);
    const subject = subjectOf(0);
    expect(await client.reserve(by(subject, { jti: "stolen" }))).toEqual({ ok: false, reason: "revoked" });
    const shard = cores.get(shardName(place(0)));
    expect(shard?.revocations(0)).toMatchObject({
      version: 1,
      revocations: [{ target: { kind: "jti", jti: "stolen" } }],
    });
    // As after a start: it joins anew.
    if (!shard) throw new Error("there is no shard");
    const root = () => namespace.getByName("acme");
    const again = createShard({
      core: shard,
      storage: makeShardDisk()().leases,
      place: place(0),
      root,
      clock: Date.now,
    });
    await again.reserve([], [], 0);
    expect(shard.revocations(0).version).toBe(1);
  });

  test("that do not reach every shard are no success", async () => {
    const { client, gone } = setUp();
    gone.add(shardName(place(3)));
    await expect(client.revoke({ kind: "org" }, NOON)).rejects.toThrow("gone");
  });

  test("a shard that cannot learn them serves nobody", async () => {
    const { client, gone } = setUp();
    gone.add("acme");
    const asked = client.reserve(by(subjectOf(0)));
    expect(await asked).toBeUndefined();
    gone.clear();
    expect(await client.reserve(by(subjectOf(0)))).toMatchObject({ ok: true });
  });
});

describe("a Durable Object's ledger", () => {
  test("keeps its latest place among the shards, and its slices", async () => {
    const { namespace, count } = setUp();
    const sql = makeSql();
    const core = createLedgerCore(createSqlStorage(sql));
    expect(placeOf(sql)).toBeUndefined();
    const open = (shards: number) => openShard({ core, sql, ledgers: namespace, place: { ...place(1), shards } });
    const reservation = () => by(subjectOf(1), { charges: org({ micros: 1600 }) });
    expect((await open(4).reserve([reservation()], [], 0)).verdicts).toMatchObject([{ ok: true }]);
    expect(placeOf(sql)).toEqual(place(1));
    expect((await open(8).reserve([reservation()], [], 0)).verdicts).toMatchObject([{ ok: true }]);
    expect(placeOf(sql)).toEqual({ ...place(1), shards: 8 });
    expect(count("acme lease")).toBe(1);
  });

  test("gives nothing back before what is on its way to it has come", async () => {
    const { namespace, count } = setUp();
    const root = namespace.getByName("acme");
    const gate = Promise.withResolvers<void>();
    const slow: typeof root = { ...root, lease: (order) => gate.promise.then(() => root.lease(order)) };
    const { rows, leases } = makeShardDisk()();
    const core = createLedgerCore(rows);
    const shard = createShard({ core, storage: leases, place: place(0), root: () => slow, clock: Date.now });
    const asked = shard.reserve([by(subjectOf(0), { charges: org({ micros: 1000 }) })], [], 0);
    await vi.advanceTimersByTimeAsync(0);
    const back = shard.handBack();
    gate.resolve();
    expect((await asked).verdicts).toMatchObject([{ ok: true }]);
    await back;
    expect(count("acme lease")).toBe(2);
    expect(core.usage("org", "day:2026-11-22")).toEqual(await root.usage("org", "day:2026-11-22"));
  });

  test("is no shard without a way to its root", () => {
    const sql = makeSql();
    const core = createLedgerCore(createSqlStorage(sql));
    expect(() => openShard({ core, sql, ledgers: undefined, place: place(1) })).toThrow("LEDGER");
    expect(placeOf(sql)).toBeUndefined();
  });

  test("leases as a root", () => {
    const sql = makeSql();
    const core = createLedgerCore(createSqlStorage(sql));
    const [account, period, caps, want] = ["org", "all", { tokens: 5 }, { ...NONE, tokens: 5 }];
    const order = { account, period, caps, want, keep: NONE, version: 1, shard: 0, shards: SHARDS };
    expect(openGrants(core, sql).lease(order, NOON)).toEqual({ version: 1, granted: want, left: NONE });
    expect(openGrants(core, sql).lease(order, NOON)).toEqual({ version: 1, granted: want, left: NONE });
  });
});
