import { expect, test } from "vitest";
import { createLedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { createGrants } from "../../mint-server/credentials/ledger-grants.ts";
import { type LeaseOrder, NONE } from "../../mint-server/credentials/ledger-lease.ts";
import { createSlices } from "../../mint-server/credentials/ledger-slices.ts";
import { makeReservation, NOON } from "./make-reservation.ts";
import { makeShardDisk } from "./storages.ts";

const DAY = 24 * 60 * 60_000;

function setUp() {
  const open = makeShardDisk();
  const start = () => {
    const { rows, leases } = open();
    const core = createLedgerCore(rows);
    return { core, leases, grants: createGrants(core, leases) };
  };
  return { ...start(), start };
}

let version = 0;
const order = (given: Partial<LeaseOrder> = {}): LeaseOrder => {
  version += 1;
  return { account: "org", period: "all", shard: 0, shards: 4, version, keep: NONE, want: NONE, caps: {}, ...given };
};
const micros = (count: number) => ({ ...NONE, micros: count });

test("grants what is wanted and a sixteenth of what is left, for one of four shards", () => {
  const { core, grants } = setUp();
  const caps = { requests: 100, micros: 1000 };
  const asked = order({ want: micros(40), caps });
  expect(grants.lease(asked, NOON)).toEqual({
    version: asked.version,
    granted: micros(100),
    left: { requests: 100, tokens: 0, micros: 900 },
  });
  expect(core.usage("org", "all")).toEqual(micros(100));
  const more = order({ keep: micros(100), want: micros(30), caps, shard: 1 });
  expect(grants.lease(more, NOON).granted).toEqual(micros(100 + 30 + Math.floor(770 / 16)));
});

test("grants no more than is left, whoever has the rest: other shards or the root itself", () => {
  const { core, grants } = setUp();
  const caps = { micros: 1000 };
  core.reserve([makeReservation({ charges: [{ account: "org", period: "all" }] })], [], 0);
  expect(grants.lease(order({ want: micros(1000), caps }), NOON).granted).toEqual(micros(950));
  expect(grants.lease(order({ want: micros(1), caps, shard: 1 }), NOON)).toMatchObject({ granted: NONE, left: NONE });
  expect(
    core.reserve([makeReservation({ charges: [{ account: "org", period: "all", ...caps }] })], [], 0),
  ).toMatchObject({
    verdicts: [{ ok: false, reason: "budget" }],
  });
});

test("takes back what is not kept", () => {
  const { core, grants } = setUp();
  const caps = { micros: 1000 };
  grants.lease(order({ want: micros(1000), caps }), NOON);
  expect(grants.lease(order({ keep: micros(300) }), NOON).granted).toEqual(micros(300));
  expect(core.usage("org", "all")).toEqual(micros(300));
  expect(grants.lease(order({ want: micros(700), caps, shard: 1 }), NOON).granted).toEqual(micros(700));
});

test("what a shard keeps stays its own under a cap that was lowered, and no more is granted", () => {
  const { grants } = setUp();
  grants.lease(order({ want: micros(600), caps: { micros: 600 } }), NOON);
  const asked = order({ keep: micros(600), want: micros(10), caps: { micros: 500 } });
  expect(grants.lease(asked, NOON)).toMatchObject({ granted: micros(600), left: NONE });
});

test("an order that comes twice has the same answer, whatever has happened in between, and after a restart", () => {
  const { grants, start } = setUp();
  const caps = { micros: 1000 };
  const asked = order({ want: micros(40), caps });
  const { granted } = grants.lease(asked, NOON);
  grants.lease(order({ want: micros(900), caps, shard: 1 }), NOON);
  expect(grants.lease(asked, NOON)).toMatchObject({ version: asked.version, granted });
  expect(start().grants.lease(asked, NOON)).toMatchObject({ version: asked.version, granted });
});

test("an order that was overtaken changes nothing", () => {
  const { core, grants } = setUp();
  const caps = { micros: 1000 };
  const early = order({ want: micros(500), caps });
  const late = order({ keep: micros(20) });
  grants.lease(late, NOON);
  expect(grants.lease(early, NOON)).toMatchObject({ version: late.version, granted: micros(20) });
  expect(core.usage("org", "all")).toEqual(micros(20));
});

test("slices of one shard stay apart by account and period", () => {
  const { core, grants } = setUp();
  const caps = { micros: 1000 };
  grants.lease(order({ want: micros(1000), caps }), NOON);
  grants.lease(order({ want: micros(1000), caps, period: "day:2026-11-22" }), NOON);
  grants.lease(order({ want: micros(7), caps: { micros: 7 }, account: "realtime:org" }), NOON);
  expect(core.usage("org", "all")).toEqual(micros(1000));
  expect(core.usage("org", "day:2026-11-22")).toEqual(micros(1000));
  expect(core.usage("realtime:org", "all")).toEqual(micros(7));
});

test.each([
  { keep: micros(-1) },
  { keep: micros(1.5) },
  { want: { ...NONE, tokens: Number.NaN } },
  { caps: { micros: Number.NaN } },
  { caps: { tokens: 1, micros: -1 } },
  { version: Number.POSITIVE_INFINITY },
  { shards: 0.5 },
])("takes no order of what cannot be counted: %o", (unsound) => {
  const { core, grants } = setUp();
  expect(() => grants.lease(order({ want: micros(1), caps: { micros: 5 }, ...unsound }), NOON)).toThrow(RangeError);
  expect(core.usage("org", "all")).toEqual(NONE);
});

test("what is leased counts after a fold and a restart", () => {
  const { core, grants, start } = setUp();
  grants.lease(order({ want: micros(40), caps: { micros: 40 } }), NOON);
  core.fold(NOON + DAY);
  expect(core.usage("org", "all")).toEqual(micros(40));
  expect(start().core.usage("org", "all")).toEqual(micros(40));
});

test("slices are forgotten with their period's totals, at root and shard, and others are not", () => {
  const root = setUp();
  const shard = setUp();
  const slices = createSlices(shard.core, shard.leases, { shard: 0, shards: 4 });
  const lease = (period: string) => {
    const charges = [{ account: "org", period, micros: 1000 }];
    for (const demand of slices.short([makeReservation({ charges })], NOON)) {
      const asked = slices.order(demand, NOON);
      slices.take(asked, root.grants.lease(asked, NOON), NOON);
    }
  };
  const periods = ["all", "hour:2026-11-22T12", "day:2026-11-22"];
  for (const period of periods) lease(period);
  const kept = ({ leases }: typeof root) => [...leases.rows()].map(({ period }) => period).sort();
  const sweep = (now: number) => {
    root.grants.sweep(now);
    slices.sweep(now);
  };
  sweep(NOON + 2 * DAY);
  expect(kept(root)).toEqual(["all", "day:2026-11-22", "hour:2026-11-22T12"]);
  sweep(NOON + 2 * DAY + 1);
  expect([kept(root), kept(shard)]).toEqual([
    ["all", "day:2026-11-22"],
    ["all", "day:2026-11-22"],
  ]);
  expect(slices.returns(NOON + 2 * DAY).map(({ period }) => period)).toEqual(["all", "day:2026-11-22"]);
  // An order from then would be a first one again.
  expect(root.grants.lease(order({ period: "hour:2026-11-22T12", version: 1 }), NOON).version).toBe(1);
});

test("a shard whose clock went back asks above what the root knows", () => {
  const root = setUp();
  const { core, leases } = setUp();
  const slices = createSlices(core, leases, { shard: 0, shards: 4 });
  const reservation = makeReservation({ charges: [{ account: "org", period: "all", micros: 1000 }] });
  const ask = (now: number) => {
    for (const demand of slices.short([reservation], now)) {
      const asked = slices.order(demand, now);
      slices.take(asked, root.grants.lease(asked, now), now);
    }
  };
  root.grants.lease(order({ version: NOON + DAY }), NOON);
  ask(NOON);
  expect(core.reserve([reservation], [], 0, slices.within).verdicts).toMatchObject([{ ok: false, reason: "budget" }]);
  ask(NOON + 1);
  expect(core.reserve([reservation], [], 0, slices.within).verdicts).toMatchObject([{ ok: true }]);
});
