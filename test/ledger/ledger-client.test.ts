import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Ledger, Reservation } from "../../mint-server/credentials/ledger.ts";
import { createLedgerClient } from "../../mint-server/credentials/ledger-client.ts";
import { createLedgerClients } from "../../mint-server/credentials/ledger-clients.ts";
import { createLedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { createMemoryStorage } from "../../mint-server/credentials/ledger-memory.ts";
import { makeReservation, NOON } from "./make-reservation.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A ledger each of whose calls waits until it is let through, or fails. */
function createGatedLedger() {
  const core = createLedgerCore(createMemoryStorage());
  const calls: {
    readonly reserved: number;
    readonly settled: number;
    pass(): void;
    fail(): void;
  }[] = [];
  const ledger = {
    reserve: (reservations, settlements, since) =>
      new Promise((resolve, reject) => {
        calls.push({
          reserved: reservations.length,
          settled: settlements.length,
          pass: () => resolve(core.reserve(reservations, settlements, since)),
          fail: () => reject(new Error("the ledger is gone")),
        });
      }),
    revoke: async (target, now) => core.revoke(target, now),
  } satisfies Partial<Ledger>;
  const sizes = () => calls.map(({ reserved, settled }) => [reserved, settled]);
  return { core, calls, sizes, reach: () => ledger as unknown as Ledger };
}

const limited = (): Reservation => makeReservation({ charges: [{ account: "sub:alice", period: "all", micros: 549 }] });
const costNothing = ({ id }: Reservation) => ({ id, inputTokens: 0, outputTokens: 0, micros: 0 });
const credential = { jti: "credential-1", subject: "alice", issuedAt: NOON / 1000 - 60 };
/** Lets what is ready run; no time passes. */
const settled = () => vi.advanceTimersByTimeAsync(0);

describe("grouping", () => {
  test("who comes while a call is in flight goes with the next", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const all = Promise.all(Array.from({ length: 500 }, () => client.reserve(limited())));
    expect(sizes()).toEqual([[1, 0]]);
    calls[0]?.pass();
    await settled();
    expect(sizes()).toEqual([
      [1, 0],
      [499, 0],
    ]);
    calls[1]?.pass();
    expect((await all).filter((verdict) => verdict?.ok)).toHaveLength(10);
    expect(client.isIdle()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("each gets its own verdict", async () => {
    const { calls, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const first = client.reserve(limited());
    const same = limited();
    const rest = [client.reserve(limited()), client.reserve(same), client.reserve(same), client.isRevoked(credential)];
    calls[0]?.pass();
    await first;
    await settled();
    calls[1]?.pass();
    expect(await Promise.all(rest)).toEqual([
      expect.objectContaining({ ok: true }),
      expect.objectContaining({ ok: true }),
      { ok: false, reason: "replayed" },
      false,
    ]);
  });

  test("those who come within a turn of the event loop after a shared call go together", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const shared = Promise.all([1, 2, 3].map(() => client.reserve(limited())));
    calls[0]?.pass();
    await settled();
    calls[1]?.pass();
    await shared;
    const together = Promise.all([client.reserve(limited()), client.reserve(limited())]);
    expect(sizes()).toHaveLength(2);
    await settled();
    expect(sizes()).toEqual([
      [1, 0],
      [2, 0],
      [2, 0],
    ]);
    calls[2]?.pass();
    expect(await together).toMatchObject([{ ok: true }, { ok: true }]);
  });

  test("after a call that many shared, the next waits a little for as many again, and no longer than 4 ms", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const share = async (rows: number, index: number): Promise<void> => {
      const shared = Promise.all(Array.from({ length: rows }, () => client.reserve(limited())));
      calls[index]?.pass();
      await settled();
      calls[index + 1]?.pass();
      await shared;
    };
    const sentAfter = async (ms: number): Promise<boolean> => {
      const before = calls.length;
      const asked = client.reserve(limited());
      await vi.advanceTimersByTimeAsync(ms - 1);
      const wasEarly = calls.length > before;
      await vi.advanceTimersByTimeAsync(1);
      calls.at(-1)?.pass();
      await asked;
      return !wasEarly && calls.length === before + 1;
    };
    await share(9, 0);
    expect(sizes()).toEqual([
      [1, 0],
      [8, 0],
    ]);
    expect(await sentAfter(2)).toBe(true);
    await share(101, 3);
    expect(sizes().slice(3)).toEqual([
      [1, 0],
      [100, 0],
    ]);
    expect(await sentAfter(4)).toBe(true);
  });

  test("one call has at most 500 rows", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const all = Promise.all(Array.from({ length: 602 }, () => client.reserve(limited())));
    for (const index of [0, 1, 2]) {
      calls[index]?.pass();
      await vi.advanceTimersByTimeAsync(4);
    }
    await all;
    expect(sizes()).toEqual([
      [1, 0],
      [500, 0],
      [101, 0],
    ]);
  });
});

describe("settlements", () => {
  test("go with the next call", async () => {
    const { core, calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const first = limited();
    const granted = client.reserve(first);
    calls[0]?.pass();
    await granted;
    client.settle(costNothing(first));
    const second = client.reserve(limited());
    expect(sizes()).toEqual([
      [1, 0],
      [1, 1],
    ]);
    calls[1]?.pass();
    await second;
    expect(core.usage("sub:alice", "all")).toEqual({ requests: 2, tokens: 30, micros: 50 });
  });

  test("go on their own, together, where no call comes by", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    client.settle(costNothing(limited()));
    client.settle(costNothing(limited()));
    await vi.advanceTimersByTimeAsync(49);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sizes()).toEqual([[0, 2]]);
    calls[0]?.pass();
    await settled();
    expect(client.isIdle()).toBe(true);
  });

  test("of a call that failed go again with the next", async () => {
    const { core, calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const first = limited();
    core.reserve([first], [], 0);
    client.settle(costNothing(first));
    const refused = client.reserve(limited());
    calls[0]?.fail();
    expect(await refused).toBeUndefined();
    const flushed = client.flush();
    expect(sizes()).toEqual([
      [1, 1],
      [0, 1],
    ]);
    calls[1]?.pass();
    await flushed;
    expect(core.usage("sub:alice", "all").micros).toBe(0);
    expect(client.isIdle()).toBe(true);
  });

  test("are flushed once the call in flight has brought them", async () => {
    const { calls, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    client.settle(costNothing(limited()));
    const asked = client.reserve(limited());
    const done = vi.fn();
    const flushed = client.flush().then(done);
    await settled();
    expect(done).not.toHaveBeenCalled();
    calls[0]?.pass();
    await asked;
    await settled();
    calls[1]?.pass();
    await flushed;
    expect(client.isIdle()).toBe(true);
  });

  test("whose flush was lost with its request's context are flushed with those that come a second later", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    client.settle(costNothing(limited()));
    vi.clearAllTimers();
    await vi.advanceTimersByTimeAsync(1049);
    client.settle(costNothing(limited()));
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    client.settle(costNothing(limited()));
    await vi.advanceTimersByTimeAsync(50);
    expect(sizes()).toEqual([[0, 3]]);
    calls[0]?.pass();
    await settled();
    expect(client.isIdle()).toBe(true);
  });

  test("that cannot be counted are refused to who brings them", () => {
    const client = createLedgerClient(createGatedLedger().reach);
    expect(() => client.settle({ id: "x", inputTokens: Number.NaN, outputTokens: 0, micros: 0 })).toThrow(RangeError);
    expect(client.isIdle()).toBe(true);
  });
});

describe("a ledger that fails", () => {
  test("leaves all of a group without a verdict, and the next group has one", async () => {
    const { calls, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const first = client.reserve(limited());
    const second = [client.reserve(limited()), client.reserve(limited()), client.isRevoked(credential)];
    const third = first.then(() => undefined);
    calls[0]?.fail();
    await third;
    await settled();
    calls[1]?.fail();
    expect([await first, ...(await Promise.all(second))]).toEqual([undefined, undefined, undefined, undefined]);
    const later = client.reserve(limited());
    calls[2]?.pass();
    expect(await later).toMatchObject({ ok: true });
  });

  test("that never answers strands nobody: the next group goes after a second, all have an answer in five", async () => {
    const { core, calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const before = limited();
    core.reserve([before], [], 0);
    client.settle(costNothing(before));
    const stuck = client.reserve(limited());
    const waiting = [client.reserve(limited()), client.reserve(limited())];
    await vi.advanceTimersByTimeAsync(999);
    expect(sizes()).toEqual([[1, 1]]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sizes()).toEqual([
      [1, 1],
      [2, 1],
    ]);
    calls[1]?.pass();
    expect((await Promise.all(waiting)).map((verdict) => verdict?.ok)).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(4000);
    expect(await stuck).toBeUndefined();
    calls[0]?.pass();
    await settled();
    expect(client.isIdle()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that never answers is asked again also by one who waits alone", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const stuck = client.reserve(limited());
    const waiting = client.reserve(limited());
    await vi.advanceTimersByTimeAsync(1000);
    expect(sizes()).toHaveLength(2);
    calls[1]?.pass();
    expect(await waiting).toMatchObject({ ok: true });
    await vi.advanceTimersByTimeAsync(4000);
    expect(await stuck).toBeUndefined();
  });

  test("who has waited five seconds in vain is not reserved for later on", async () => {
    const { calls, sizes, reach } = createGatedLedger();
    // As where the whole process was held up: no timer has run in the meantime.
    let heldUpMs = 0;
    const client = createLedgerClient(reach, { clock: () => Date.now() + heldUpMs });
    const all = Promise.all([1, 2, 3, 4, 5].map(() => client.reserve(limited())));
    heldUpMs = 4000;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await all).toEqual(Array(5).fill(undefined));
    const next = client.reserve(limited());
    await vi.advanceTimersByTimeAsync(1000);
    expect(sizes()).toEqual([
      [1, 0],
      [1, 0],
    ]);
    calls[1]?.pass();
    expect(await next).toMatchObject({ ok: true });
  });

  test("never answers anyone: all have an answer in five seconds", async () => {
    const { reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const all = Promise.all([client.reserve(limited()), client.reserve(limited()), client.isRevoked(credential)]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await all).toEqual([undefined, undefined, undefined]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("revocations", () => {
  test("are asked for at most every 500 ms, by all together", async () => {
    const { core, calls, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const both = Promise.all([client.isRevoked(credential), client.isRevoked(credential)]);
    calls[0]?.pass();
    expect(await both).toEqual([false, false]);
    core.revoke({ kind: "subject", subject: "alice" }, NOON);
    await vi.advanceTimersByTimeAsync(499);
    expect(client.isRevoked(credential)).toBe(false);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    const asked = client.isRevoked(credential);
    calls[1]?.pass();
    expect(await asked).toBe(true);
    expect(client.isRevoked({ ...credential, issuedAt: NOON / 1000 + 1 })).toBe(false);
    expect(calls).toHaveLength(2);
  });

  test("are asked for anew by who came while an answer took longer than it is good for, or failed", async () => {
    const { core, calls, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const slow = client.isRevoked(credential);
    const later = client.isRevoked(credential);
    await vi.advanceTimersByTimeAsync(500);
    calls[0]?.pass();
    expect(await slow).toBe(false);
    await settled();
    const last = client.isRevoked(credential);
    calls[1]?.fail();
    expect(await later).toBeUndefined();
    await settled();
    core.revoke({ kind: "subject", subject: "alice" }, NOON);
    calls[2]?.pass();
    expect(await last).toBe(true);
  });

  test("come with every reservation's answer", async () => {
    const { core, calls, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    core.revoke({ kind: "jti", jti: "stolen" }, NOON);
    const asked = client.reserve(limited());
    calls[0]?.pass();
    await asked;
    expect(client.isRevoked({ ...credential, jti: "stolen" })).toBe(true);
    expect(calls).toHaveLength(1);
  });

  test("of this instance are known to it at once", async () => {
    const { calls, reach } = createGatedLedger();
    const client = createLedgerClient(reach);
    const asked = client.isRevoked(credential);
    calls[0]?.pass();
    await asked;
    await client.revoke({ kind: "jti", jti: credential.jti }, NOON);
    expect(client.isRevoked(credential)).toBe(true);
  });
});

describe("an instance's clients", () => {
  test("are one for each ledger, and of an organisation with shards the one for these", async () => {
    const { calls, reach } = createGatedLedger();
    const names: string[] = [];
    const getByName = (name: string) => {
      names.push(name);
      return reach();
    };
    const sharded = createLedgerClient(reach);
    const clientOf = createLedgerClients({ getByName }, {}, (name) => (name === "sharded" ? sharded : undefined));
    expect(clientOf("sharded")).toBe(sharded);
    const acme = clientOf("acme");
    expect(clientOf("acme")).toBe(acme);
    expect(clientOf("other")).not.toBe(acme);
    const asked = acme.reserve(limited());
    calls[0]?.pass();
    expect(await asked).toMatchObject({ ok: true });
    expect(names).toEqual(["acme"]);
  });

  test("are let go where there are 1024, but for those at work", async () => {
    const { calls, reach } = createGatedLedger();
    const clientOf = createLedgerClients({ getByName: reach });
    const [busy, idle] = [clientOf("busy"), clientOf("idle")];
    const asked = busy.reserve(limited());
    for (let more = 2; more < 1024; more++) clientOf(`ledger-${more}`);
    expect(clientOf("idle")).toBe(idle);
    clientOf("one more");
    expect(clientOf("busy")).toBe(busy);
    expect(clientOf("idle")).not.toBe(idle);
    calls[0]?.pass();
    await asked;
  });
});
