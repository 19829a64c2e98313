import { expect, test } from "vitest";
import type { Charge } from "../../mint-server/credentials/ledger.ts";
import { createLedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { type LeaseAnswer, type LeaseOrder, NONE } from "../../mint-server/credentials/ledger-lease.ts";
import { createSlices } from "../../mint-server/credentials/ledger-slices.ts";
import { makeReservation, NOON } from "./make-reservation.ts";
import { makeShardDisk } from "./storages.ts";

const org = (limits: Partial<Charge> = {}): Charge[] => [{ account: "org", period: "all", micros: 1000, ...limits }];

/** A shard, and a root that grants whatever is wanted and 100 micro-dollars more. */
function setUp() {
  const open = makeShardDisk();
  const start = () => {
    const { rows, leases } = open();
    const core = createLedgerCore(rows);
    return { core, slices: createSlices(core, leases, { shard: 2, shards: 4 }) };
  };
  return { ...start(), start };
}

function grant({ version, keep, want }: LeaseOrder, more = 0): LeaseAnswer {
  const granted = { requests: keep.requests + want.requests, tokens: keep.tokens + want.tokens, micros: keep.micros };
  return { version, granted: { ...granted, micros: keep.micros + want.micros + more }, left: { ...NONE, micros: 400 } };
}

function reserveOne({ core, slices }: Pick<ReturnType<typeof setUp>, "core" | "slices">, charges = org(), more = 0) {
  const reservation = makeReservation({ charges });
  for (const demand of slices.short([reservation], NOON)) {
    const order = slices.order(demand, NOON);
    slices.take(order, grant(order, more), NOON);
  }
  const [verdict] = core.reserve([reservation], [], 0, slices.within).verdicts;
  return { reservation, verdict };
}

test("what is not the organisation's is not leased", () => {
  const { core, slices } = setUp();
  const charges: Charge[] = ["sub:org", "jti:org", "realtime:sub:org", "sub:realtime:org"].map((account) => ({
    account,
    period: "all",
    micros: 1000,
  }));
  const reservation = makeReservation({ charges });
  expect(slices.short([reservation], NOON)).toEqual([]);
  expect(core.reserve([reservation], [], 0, slices.within).verdicts).toMatchObject([{ ok: true }]);
  expect(slices.hasReturns()).toBe(false);
});

test.each(["org", "realtime:org", "live:org"])("what all count on is: %s", (account) => {
  const { core, slices } = setUp();
  const reservation = makeReservation({ charges: org({ account }) });
  expect(slices.short([reservation], NOON)).toMatchObject([{ account, need: { requests: 1, tokens: 30, micros: 50 } }]);
  expect(core.reserve([reservation], [], 0, slices.within).verdicts).toMatchObject([{ ok: false, reason: "budget" }]);
});

test("an order adds up what a group needs, and keeps what is used and what is left of the slice", () => {
  const shard = setUp();
  reserveOne(shard, org(), 10);
  const group = [makeReservation({ charges: org() }), makeReservation({ charges: org({ micros: 800, tokens: 90 }) })];
  const [demand, ...others] = shard.slices.short(group, NOON);
  if (!demand) throw new Error("nothing is short");
  expect(others).toEqual([]);
  expect(shard.slices.order(demand, NOON + 1)).toEqual({
    account: "org",
    period: "all",
    shard: 2,
    shards: 4,
    version: NOON + 1,
    keep: { requests: 1, tokens: 30, micros: 60 },
    want: { requests: 0, tokens: 60, micros: 90 },
    caps: { micros: 800, tokens: 90 },
  });
});

test("what remains is the rest of the slice, and what is left at the root", () => {
  const { verdict } = reserveOne(setUp(), org(), 100);
  expect(verdict).toMatchObject({ ok: true, remaining: { micros: 100 + 400 } });
});

test("a cap below the slice holds at once", () => {
  const shard = setUp();
  reserveOne(shard, org(), 100);
  expect(reserveOne(shard, org({ micros: 99 })).verdict).toMatchObject({ ok: false, reason: "budget" });
  expect(reserveOne(shard, org({ micros: 100 })).verdict).toMatchObject({ ok: true });
});

test("where nothing is over, nothing is given back; what a settlement frees is", () => {
  const shard = setUp();
  const { core, slices } = shard;
  const { reservation } = reserveOne(shard, org({ tokens: 500, requests: 5 }));
  expect(slices.hasReturns()).toBe(false);
  expect(slices.returns(NOON + 1)).toEqual([]);
  core.reserve([], [{ id: reservation.id, inputTokens: 4, outputTokens: 1, micros: 9 }], 0);
  expect(slices.hasReturns()).toBe(true);
  const [order, ...others] = slices.returns(NOON + 1);
  if (!order) throw new Error("nothing comes back");
  expect(others).toEqual([]);
  expect(order).toMatchObject({ keep: { requests: 1, tokens: 5, micros: 9 }, want: NONE, caps: {} });
  // It is not over until the root has answered: the order may be lost.
  expect(slices.hasReturns()).toBe(true);
  expect(slices.returns(NOON + 1)).toMatchObject([{ version: NOON + 2 }]);
});

test("an answer to an order that another has followed is not taken", () => {
  const shard = setUp();
  const { slices } = shard;
  const all = org({ tokens: 500, requests: 5 });
  reserveOne(shard, all, 100);
  const [first] = slices.returns(NOON + 1);
  const [second] = slices.returns(NOON + 1);
  if (!first || !second) throw new Error("nothing comes back");
  slices.take(first, grant(first, 70), NOON + 1);
  expect(reserveOne(shard, all).verdict).toMatchObject({ ok: true, remaining: { micros: 400 } });
  expect(slices.returns(NOON + 2)).toEqual([]);
});

test("after a restart every slice is told to the root once", () => {
  const shard = setUp();
  reserveOne(shard, org({ tokens: 500, requests: 5 }));
  expect(shard.slices.hasReturns()).toBe(false);
  const again = shard.start();
  expect(again.slices.hasReturns()).toBe(true);
  const [order] = again.slices.returns(NOON + 1);
  if (!order) throw new Error("nothing comes back");
  expect(order.keep).toEqual({ requests: 1, tokens: 30, micros: 50 });
  again.slices.take(order, grant(order), NOON + 1);
  expect(again.slices.hasReturns()).toBe(false);
});

test("a part of a request needs no request of the slice", () => {
  const { slices } = setUp();
  const charges = org({ requests: 5 });
  const part = makeReservation({ charges, isPart: true });
  expect(slices.short([part], NOON)).toMatchObject([{ need: { requests: 0, tokens: 30, micros: 50 } }]);
});

test("a fraction of a micro-dollar is needed whole", () => {
  const { slices } = setUp();
  const dear = makeReservation({ charges: org(), outputTokens: 1, microsPerOutputToken: 0.1 });
  expect(slices.short([dear], NOON)).toMatchObject([{ need: { tokens: 11, micros: 11 } }]);
});

test("a sweep leaves what is in use as it is", () => {
  const shard = setUp();
  reserveOne(shard, org(), 100);
  shard.slices.sweep(NOON);
  const reservation = makeReservation({ charges: org() });
  expect(shard.slices.short([reservation], NOON)).toEqual([]);
});

test("after less than was wanted, the root is left alone for a quarter of a second", () => {
  const shard = setUp();
  const { slices } = shard;
  const reservation = makeReservation({ charges: org() });
  const [demand] = slices.short([reservation], NOON);
  if (!demand) throw new Error("nothing is short");
  const order = slices.order(demand, NOON);
  slices.take(order, { version: order.version, granted: { ...NONE, micros: 49 }, left: NONE }, NOON);
  expect(slices.short([reservation], NOON + 249)).toEqual([]);
  expect(slices.short([reservation], NOON + 250)).toHaveLength(1);
});
