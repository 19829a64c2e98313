import fc from "fast-check";
import { expect, test } from "vitest";
import type { Charge, Reservation, Usage } from "../../mint-server/credentials/ledger.ts";
import { createLedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { createGrants } from "../../mint-server/credentials/ledger-grants.ts";
import {
  COUNTED,
  eachCount,
  type LeaseAnswer,
  type LeaseOrder,
  NONE,
} from "../../mint-server/credentials/ledger-lease.ts";
import { createSlices } from "../../mint-server/credentials/ledger-slices.ts";
import { makeReservation, NOON } from "./make-reservation.ts";
import { makeShardMemory } from "./storages.ts";

// Messages may be lost, come twice, late and in any order, and every ledger may crash between any two steps.

const MINUTE = 60_000;
const shard = fc.nat(3);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("reserve" as const),
      /** The root itself serves instances that know of no shards. */
      at: fc.option(shard, { nil: undefined, freq: 8 }),
      inputTokens: fc.nat(20),
      outputTokens: fc.nat(40),
      microsPerOutputToken: fc.double({ min: 0, max: 3, noNaN: true }),
      flexible: fc.boolean(),
      isPart: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const), which: fc.nat(), again: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), which: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      which: fc.nat(),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("return" as const), at: shard }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), at: fc.option(shard, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(5 * MINUTE) }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const CAPS: readonly Partial<Usage>[] = [
  { requests: 9, tokens: 300, micros: 400 },
  { micros: 250 },
  { requests: 5 },
  { tokens: 120, requests: 30 },
];

type Message =
  | { readonly to: "root"; readonly from: number; readonly life: number; readonly order: LeaseOrder }
  | {
      readonly to: "shard";
      readonly from: number;
      readonly life: number;
      readonly order: LeaseOrder;
      readonly answer: LeaseAnswer;
    };

interface Sent {
  readonly at: number | undefined;
  readonly reservation: Reservation;
  cost: Usage;
  isSettled: boolean;
}

function createWorld(caps: Partial<Usage>) {
  const charges: Charge[] = [{ account: "org", period: "all", ...caps }];
  let now = NOON;
  const rootDisk = makeShardMemory();
  const openRoot = () => {
    const { rows, leases } = rootDisk();
    const core = createLedgerCore(rows, now);
    return { core, grants: createGrants(core, leases) };
  };
  let root = openRoot();
  const disks = Array.from({ length: 4 }, makeShardMemory);
  const openShard = (at: number) => {
    const { rows, leases } = disks[at]?.() ?? makeShardMemory()();
    const core = createLedgerCore(rows, now);
    return { core, slices: createSlices(core, leases, { shard: at, shards: 4 }) };
  };
  const shards = disks.map((_, at) => openShard(at));
  const lives = disks.map(() => 0);
  const shardAt = (at: number) => shards[at] ?? openShard(at);
  let network: Message[] = [];
  const sent: Sent[] = [];

  const send = (at: number, orders: readonly LeaseOrder[]): void => {
    for (const order of orders) network.push({ to: "root", from: at, life: lives[at] ?? 0, order });
  };
  const deliver = (message: Message): void => {
    const { order, from, life } = message;
    if (message.to === "root") {
      network.push({ to: "shard", from, life, order, answer: root.grants.lease(order, now) });
      // What went out to one who has crashed since, nobody waits for.
    } else if (life === lives[from]) shardAt(from).slices.take(order, message.answer, now);
  };
  const reserve = (at: number | undefined, given: Partial<Reservation>): boolean => {
    const { requests: _, ...beyondFirst } = charges[0] as Charge;
    const reservation = makeReservation({ now, charges: given.isPart ? [beyondFirst] : charges, ...given });
    if (at !== undefined) {
      const { slices } = shardAt(at);
      send(
        at,
        slices.short([reservation], now).map((demand) => slices.order(demand, now)),
      );
    }
    const ledger = at === undefined ? root : shardAt(at);
    const within = at === undefined ? undefined : shardAt(at).slices.within;
    const [verdict] = ledger.core.reserve([reservation], [], 0, within).verdicts;
    if (!verdict?.ok) return false;
    const { outputTokens } = verdict;
    const { inputTokens, inputMicros, microsPerOutputToken } = reservation;
    const micros = inputMicros + Math.ceil(outputTokens * microsPerOutputToken);
    const cost = { requests: given.isPart ? 0 : 1, tokens: inputTokens + outputTokens, micros };
    sent.push({ at, reservation, cost, isSettled: false });
    return true;
  };
  const spent = (): Usage => eachCount((name) => sent.reduce((sum, { cost }) => sum + cost[name], 0));

  return {
    act(action: Step): void {
      if (action.do === "wait") {
        now += action.ms;
        // As in a ledger's alarm: it gives back, then it folds.
        for (const at of shards.keys()) send(at, shardAt(at).slices.returns(now));
        for (const { core } of [root, ...shards]) core.fold(now);
      } else if (action.do === "reserve") {
        const { do: _, at, isPart, ...given } = action;
        reserve(at, { ...given, ...(isPart && { isPart }) });
      } else if (action.do === "return") send(action.at, shardAt(action.at).slices.returns(now));
      else if (action.do === "crash") {
        if (action.at === undefined) root = openRoot();
        else {
          lives[action.at] = (lives[action.at] ?? 0) + 1;
          shards[action.at] = openShard(action.at);
        }
      } else if (action.do === "settle") {
        const chosen = sent[action.which % Math.max(1, sent.length)];
        if (!chosen || now - chosen.reservation.now > 5 * 60 * MINUTE) return;
        const { at, reservation, cost } = chosen;
        const { id, inputTokens } = reservation;
        const outputTokens = Math.floor((cost.tokens - inputTokens) * action.share);
        const micros = Math.floor(cost.micros * action.share);
        const ledger = at === undefined ? root : shardAt(at);
        ledger.core.reserve([], [{ id, inputTokens, outputTokens, micros }], 0);
        // A second settlement changes nothing.
        if (chosen.isSettled) return;
        chosen.isSettled = true;
        chosen.cost = { requests: cost.requests, tokens: inputTokens + outputTokens, micros };
      } else {
        const at = action.which % Math.max(1, network.length);
        const [message] = action.do === "deliver" && action.again ? [network[at]] : network.splice(at, 1);
        if (message && action.do === "deliver") deliver(message);
      }
    },
    spent,
    /** What the shards may use without asking, and what the root has used itself. */
    atMost: (): Usage =>
      eachCount((name) => {
        const own = sent.filter(({ at }) => at === undefined).reduce((sum, { cost }) => sum + cost[name], 0);
        return shards.reduce((sum, { slices, core }) => {
          const claim = { charge: { account: "org", period: "all", [name]: Number.MAX_SAFE_INTEGER } };
          const granted = slices.within({ ...claim, used: NONE, rate: undefined as never }).charge[name] ?? 0;
          return sum + Math.max(granted, core.usage("org", "all")[name]);
        }, own);
      }),
    /** Nothing more is lost: every shard gives back what it does not use. */
    calm(): void {
      network = [];
      now += MINUTE;
      for (const at of shards.keys()) {
        send(at, shardAt(at).slices.returns(now));
        while (network.length > 0) deliver(network.shift() as Message);
      }
    },
    usageAtRoot: (): Usage => root.core.usage("org", "all"),
    /** Asks a shard for all that is left, and lets it ask the root. */
    spendTheRest(at: number): boolean {
      const left = eachCount((name) => (caps[name] ?? Number.MAX_SAFE_INTEGER) - spent()[name]);
      if (left.requests < 1) return true;
      const tokens = caps.tokens === undefined ? 7 : left.tokens;
      const inputMicros = caps.micros === undefined ? 7 : left.micros;
      const all = { inputTokens: tokens, inputMicros, outputTokens: 0, microsPerOutputToken: 0 };
      if (reserve(at, all)) return true;
      while (network.length > 0) deliver(network.shift() as Message);
      return reserve(at, all);
    },
  };
}

test("whatever is lost, late, doubled or crashes, all shards together stay within the cap, and what is left can be spent", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CAPS),
      fc.array(step, { minLength: 20, maxLength: 120, size: "max" }),
      shard,
      (caps, steps, at) => {
        const world = createWorld(caps);
        const within = (usage: Usage): boolean => COUNTED.every((name) => usage[name] <= (caps[name] ?? Infinity));
        for (const action of steps) {
          world.act(action);
          if (!within(world.spent())) throw new Error(`spent ${JSON.stringify(world.spent())}`);
          if (!within(world.atMost())) throw new Error(`could spend ${JSON.stringify(world.atMost())}`);
        }
        world.calm();
        expect(world.usageAtRoot()).toEqual(world.spent());
        expect(world.spendTheRest(at)).toBe(true);
        expect(within(world.spent())).toBe(true);
      },
    ),
    { numRuns: 120 },
  );
});
