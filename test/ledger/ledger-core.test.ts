import { afterEach, describe, expect, test, vi } from "vitest";
import type { Charge, Reservation, Verdict } from "../../mint-server/credentials/ledger.ts";
import { createLedgerCore, type LedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { createMemoryLedgers } from "../../mint-server/credentials/ledger-memory.ts";
import { endOfPeriod, periodOf } from "../../mint-server/credentials/ledger-periods.ts";
import type { LedgerStorage } from "../../mint-server/credentials/ledger-storage.ts";
import { createMinuteRate } from "../../mint-server/credentials/minute-rate.ts";
import { makeReservation, NOON } from "./make-reservation.ts";
import { DISKS } from "./storages.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const alice = (limits: Partial<Charge>): Charge[] => [{ account: "sub:alice", period: "all", ...limits }];

function reserve(core: LedgerCore, given: Partial<Reservation> = {}): Verdict {
  const [verdict] = core.reserve([makeReservation(given)], [], 0).verdicts;
  if (!verdict) throw new Error("a verdict is missing");
  return verdict;
}

describe.each(DISKS)("a ledger %s", (_name, makeDisk) => {
  test("reserves the worst case, and settling frees what was not used", () => {
    const core = createLedgerCore(makeDisk()());
    const reservation = makeReservation({ charges: alice({ micros: 120 }) });
    expect(core.reserve([reservation], [], 0).verdicts).toEqual([
      { ok: true, outputTokens: 20, remaining: { micros: 70 } },
    ]);
    expect(core.usage("sub:alice", "all")).toEqual({ requests: 1, tokens: 30, micros: 50 });
    const settlement = { id: reservation.id, inputTokens: 9, outputTokens: 3, micros: 15 };
    core.reserve([], [settlement, settlement], 0);
    core.reserve([], [{ ...settlement, micros: 0 }], 0);
    expect(core.usage("sub:alice", "all")).toEqual({ requests: 1, tokens: 12, micros: 15 });
  });

  test("counts a part of a request on every limit but those of requests, before and after it is folded", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const limits = alice({ requests: 2, tokens: 100, requestsPerMinute: 2 });
    expect(reserve(core, { charges: limits }).ok).toBe(true);
    const [{ requests: _, requestsPerMinute: __, ...tokens } = {} as Charge] = limits;
    expect(reserve(core, { charges: [tokens], isPart: true }).ok).toBe(true);
    expect(core.usage("sub:alice", "all")).toMatchObject({ requests: 1, tokens: 60 });
    expect(reserve(core, { charges: limits }).ok).toBe(true);
    expect(reserve(core, { charges: limits })).toMatchObject({ ok: false, reason: "rate" });
    expect(reserve(core, { charges: [tokens], isPart: true })).toMatchObject({ ok: false, reason: "budget" });
    core.fold(NOON + 12 * HOUR);
    expect(createLedgerCore(open()).usage("sub:alice", "all")).toMatchObject({ requests: 2, tokens: 90 });
  });

  test("settles before it reserves, in one call", () => {
    const core = createLedgerCore(makeDisk()());
    const first = makeReservation({ charges: alice({ micros: 50 }) });
    const second = makeReservation({ charges: alice({ micros: 50 }) });
    core.reserve([first], [], 0);
    const { verdicts } = core.reserve([second], [{ id: first.id, inputTokens: 0, outputTokens: 0, micros: 0 }], 0);
    expect(verdicts[0]?.ok).toBe(true);
  });

  test("charges what exceeds the hold as it is", () => {
    const core = createLedgerCore(makeDisk()());
    const charges = alice({ tokens: 100 });
    const first = makeReservation({ charges });
    core.reserve([first], [{ id: "unknown", inputTokens: 1, outputTokens: 1, micros: 1 }], 0);
    core.reserve([], [{ id: first.id, inputTokens: 40, outputTokens: 90, micros: 1 }], 0);
    expect(reserve(core, { charges, inputTokens: 0, outputTokens: 0 })).toEqual({
      ok: false,
      reason: "budget",
      limit: "tokens",
      remaining: { tokens: 0 },
    });
  });

  test("admits no more than the budget holds, of 500 in one group", () => {
    const core = createLedgerCore(makeDisk()());
    const group = Array.from({ length: 500 }, () => makeReservation({ charges: alice({ micros: 549 }) }));
    const { verdicts } = core.reserve(group, [], 0);
    expect(verdicts.filter(({ ok }) => ok)).toHaveLength(10);
  });

  test("a group that meets in two accounts fits into both or counts on neither", () => {
    const core = createLedgerCore(makeDisk()());
    const charges: Charge[] = [...alice({ requests: 5 }), { account: "org", period: "all", micros: 100 }];
    const group = Array.from({ length: 5 }, () => makeReservation({ charges }));
    const { verdicts } = core.reserve(group, [], 0);
    expect(verdicts.map(({ ok }) => ok)).toEqual([true, true, false, false, false]);
    expect(core.usage("sub:alice", "all").requests).toBe(2);
  });

  test("an account that is named with two limits is charged once", () => {
    const core = createLedgerCore(makeDisk()());
    reserve(core, { charges: [...alice({ requests: 5 }), ...alice({ tokens: 500, requestsPerMinute: 2 })] });
    expect(core.usage("sub:alice", "all")).toEqual({ requests: 1, tokens: 30, micros: 50 });
  });

  test.each([
    ["tokens", alice({ tokens: 50 }), 40],
    ["money", alice({ micros: 91 }), 40],
    ["the tighter of two accounts", [...alice({ tokens: 500 }), { account: "org", period: "all", tokens: 28 }], 18],
  ])("grants a flexible request the output that fits: %s", (_what, charges, outputTokens) => {
    const core = createLedgerCore(makeDisk()());
    expect(reserve(core, { charges, outputTokens: 4096, flexible: true })).toMatchObject({ ok: true, outputTokens });
  });

  test("refuses a flexible request below 16 tokens of output", () => {
    const core = createLedgerCore(makeDisk()());
    const ask = (tokens: number) => reserve(core, { charges: alice({ tokens }), outputTokens: 4096, flexible: true });
    expect(ask(25)).toMatchObject({ ok: false, reason: "budget", limit: "tokens" });
    expect(ask(26)).toMatchObject({ ok: true, outputTokens: 16 });
  });

  test("what costs nothing fits where no money is left, and what costs something does not", () => {
    const core = createLedgerCore(makeDisk()());
    const charges = alice({ micros: 50, requests: 3 });
    expect(reserve(core, { charges }).ok).toBe(true);
    const free = { charges, inputMicros: 0, microsPerOutputToken: 0 };
    expect(reserve(core, free)).toMatchObject({ ok: true, outputTokens: 20, remaining: { micros: 0 } });
    expect(reserve(core, { ...free, inputMicros: 1 })).toMatchObject({ ok: false, limit: "usd" });
    expect(reserve(core, free).ok).toBe(true);
    expect(reserve(core, free)).toMatchObject({ ok: false, reason: "budget", limit: "requests" });
  });

  test("rounds every fraction of a micro-dollar up", () => {
    const core = createLedgerCore(makeDisk()());
    const given = { inputMicros: 0, outputTokens: 1, microsPerOutputToken: 0.075, charges: alice({ micros: 2 }) };
    expect([reserve(core, given), reserve(core, given), reserve(core, given)].map(({ ok }) => ok)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("a division that rounds up gives no token too many", () => {
    const core = createLedgerCore(makeDisk()());
    // 187 / 0.275 is 680 to a computer, and 680 × 0.275 a little more than 187.
    const given = { inputMicros: 0, outputTokens: 4096, microsPerOutputToken: 0.275, flexible: true };
    expect(reserve(core, { ...given, charges: alice({ micros: 187 }) })).toMatchObject({ ok: true, outputTokens: 679 });
    expect(core.usage("sub:alice", "all").micros).toBe(187);
  });

  test("names the period that begins last where several are used up", () => {
    const core = createLedgerCore(makeDisk()());
    const charges: Charge[] = [
      { account: "sub:alice", period: "day:2026-11-22", requests: 0 },
      { account: "org", period: "month:2026-11", tokens: 1 },
    ];
    expect(reserve(core, { charges })).toEqual({
      ok: false,
      reason: "budget",
      limit: "tokens",
      resetsAtSeconds: Date.UTC(2026, 11, 1) / 1000,
      remaining: { requests: 0, tokens: 1 },
    });
  });

  test("a minute slides, whatever the period", () => {
    const core = createLedgerCore(makeDisk()());
    const at = (now: number) =>
      reserve(core, {
        now,
        charges: [{ account: "sub:alice", period: periodOf("hour", now), requestsPerMinute: 2 }],
      });
    const end = NOON + HOUR - 20 * SECOND;
    expect(at(end)).toMatchObject({ remaining: { minute: { limit: 2, remaining: 1, resetSeconds: 60 } } });
    expect(at(end + 30 * SECOND).ok).toBe(true);
    expect(at(end + 40 * SECOND)).toEqual({
      ok: false,
      reason: "rate",
      retryAfterSeconds: 20,
      remaining: { minute: { limit: 2, remaining: 0, resetSeconds: 50 } },
    });
    expect(at(end + 60 * SECOND).ok).toBe(true);
  });

  test("one id is good once: in a group, after settling, after a restart", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const reservation = makeReservation();
    const replayed = { ok: false, reason: "replayed" };
    expect(core.reserve([reservation, reservation], [], 0).verdicts[1]).toEqual(replayed);
    core.reserve([], [{ id: reservation.id, inputTokens: 1, outputTokens: 1, micros: 1 }], 0);
    expect(core.reserve([reservation], [], 0).verdicts).toEqual([replayed]);
    core.fold(NOON + 60 * SECOND);
    expect(createLedgerCore(open()).reserve([reservation], [], 0).verdicts).toEqual([replayed]);
  });

  test("what a crash left open stays charged in full, also once it is folded", () => {
    const open = makeDisk();
    const charges = alice({ micros: 75 });
    expect(reserve(createLedgerCore(open()), { charges }).ok).toBe(true);
    const core = createLedgerCore(open());
    expect(reserve(core, { charges })).toMatchObject({ ok: false, reason: "budget", remaining: { micros: 25 } });
    expect(core.fold(NOON + HOUR)).toBe(true);
    expect(core.fold(NOON + 7 * HOUR)).toBe(false);
    expect(core.usage("sub:alice", "all").micros).toBe(50);
    expect(createLedgerCore(open()).usage("sub:alice", "all").micros).toBe(50);
    expect(reserve(core, { charges, now: NOON + 7 * HOUR })).toMatchObject({ ok: false, reason: "budget" });
  });

  test.each(["insert", "settle"] as const)("what storage fails to write never was: %s", (failing) => {
    const open = makeDisk();
    const disk = open();
    let isBroken = false;
    const broken = (): never => {
      throw new Error("the disk is full");
    };
    const storage: LedgerStorage = {
      ...disk,
      [failing]: (rows: never) => (isBroken ? broken() : disk[failing](rows)),
    };
    const core = createLedgerCore(storage);
    const [first, second] = [makeReservation({ charges: alice({}) }), makeReservation({ charges: alice({}) })];
    core.reserve([first], [], 0);
    const settlement = { id: first.id, inputTokens: 0, outputTokens: 0, micros: 0 };
    isBroken = true;
    expect(() => core.reserve([second], [settlement], 0)).toThrow("full");
    isBroken = false;
    // A settlement that was written before stands; it comes again, and changes nothing.
    const written = failing === "insert" ? 0 : 50;
    expect(core.usage("sub:alice", "all")).toMatchObject({ requests: 1, micros: written });
    expect(createLedgerCore(open()).usage("sub:alice", "all")).toMatchObject({ requests: 1, micros: written });
    expect(core.reserve([second], [settlement], 0).verdicts).toMatchObject([{ ok: true }]);
    for (const ledger of [core, createLedgerCore(open())])
      expect(ledger.usage("sub:alice", "all")).toMatchObject({ requests: 2, micros: 50 });
  });

  test("a start folds what has had its time before it reads the rest", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const [old, held] = [makeReservation({ charges: alice({}) }), makeReservation({ charges: alice({}) })];
    core.reserve([old, held], [{ id: old.id, inputTokens: 0, outputTokens: 0, micros: 0 }], 0);
    core.reserve([], [{ id: old.id, inputTokens: 1, outputTokens: 1, micros: 7 }], 0);
    const later = NOON + HOUR;
    const started = createLedgerCore(open(), later);
    expect([...open().rows()].map(({ id }) => id)).toEqual([held.id]);
    expect(started.usage("sub:alice", "all")).toEqual({ requests: 2, tokens: 32, micros: 57 });
    started.reserve([], [{ id: held.id, inputTokens: 0, outputTokens: 0, micros: 1 }], 0);
    expect(started.usage("sub:alice", "all").micros).toBe(8);
  });

  test.each([1, 14, 15, 100])("a group of %i is as many rows, each with its own account and cost", (size) => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const group = Array.from({ length: size }, (_, at) =>
      makeReservation({ charges: [{ account: `sub:it's "${at}"`, period: "all" }], inputMicros: 10 + at }),
    );
    core.reserve(group, [], 0);
    // All but the first, from the last one on.
    const costs = group.slice(1).map(({ id }, at) => ({ id, inputTokens: at, outputTokens: 1, micros: 100 + at }));
    core.reserve([], costs.reverse(), 0);
    const rows = group.map(({ id }, at) => ({
      id,
      accounts: [[`sub:it's "${at}"`, "all"]],
      tokens: at === 0 ? 30 : at,
      micros: at === 0 ? 50 : 99 + at,
      settled: at > 0,
    }));
    expect([...open().rows()]).toMatchObject(rows);
  });

  test("what is not settled in six hours never is", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const [one, other] = [makeReservation({ charges: alice({}) }), makeReservation({ charges: alice({}) })];
    core.reserve([one, other], [], 0);
    core.fold(NOON + 6 * HOUR);
    core.reserve([], [{ id: one.id, inputTokens: 1, outputTokens: 1, micros: 1 }], 0);
    expect(core.usage("sub:alice", "all")).toEqual({ requests: 2, tokens: 32, micros: 51 });
    core.fold(NOON + 6 * HOUR + 1);
    core.reserve([], [{ id: other.id, inputTokens: 1, outputTokens: 1, micros: 1 }], 0);
    for (const ledger of [core, createLedgerCore(open())])
      expect(ledger.usage("sub:alice", "all")).toEqual({ requests: 2, tokens: 32, micros: 51 });
  });

  test("folds on top of what was folded before", () => {
    const open = makeDisk();
    for (const hours of [0, 8, 16]) {
      const core = createLedgerCore(open());
      reserve(core, { charges: alice({}), now: NOON + hours * HOUR });
      core.fold(NOON + (hours + 7) * HOUR);
    }
    const sums = { requests: 3, tokens: 90, micros: 150 };
    expect(createLedgerCore(open()).usage("sub:alice", "all")).toEqual(sums);
  });

  test("a rate outlives a restart", () => {
    const open = makeDisk();
    const charges = alice({ requestsPerMinute: 1 });
    reserve(createLedgerCore(open()), { charges });
    expect(reserve(createLedgerCore(open()), { charges, now: NOON + SECOND })).toMatchObject({ reason: "rate" });
  });

  test("keeps a credential's total as long as one can live, and a subject's for ever", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const reservation = makeReservation({
      charges: [...alice({}), { account: "jti:1", period: "all" }],
    });
    core.reserve([reservation], [], 0);
    core.reserve([], [{ id: reservation.id, inputTokens: 1, outputTokens: 1, micros: 1 }], 0);
    core.fold(NOON + 24 * HOUR);
    expect(core.usage("jti:1", "all").requests).toBe(1);
    core.fold(NOON + 1000 * DAY);
    expect(core.usage("jti:1", "all").requests).toBe(0);
    expect(createLedgerCore(open()).usage("sub:alice", "all").requests).toBe(1);
  });

  test.each([
    ["live:org", "slot:7", HOUR],
    ["jti:1", "all", 2 * DAY],
    ["org", "hour:2026-11-22T12", 2 * DAY],
    ["org", "day:2026-11-22", 62 * DAY],
    ["org", "month:2026-11", 400 * DAY],
  ])("keeps the total of %s for %s as long as it is of use, and an hour more at most", (account, period, keepMs) => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const reservation = makeReservation({ charges: [{ account, period }] });
    core.reserve([reservation], [], 0);
    core.reserve([], [{ id: reservation.id, inputTokens: 1, outputTokens: 1, micros: 1 }], 0);
    core.fold(NOON + keepMs);
    expect(createLedgerCore(open()).usage(account, period).requests).toBe(1);
    core.fold(NOON + keepMs + HOUR);
    expect(createLedgerCore(open()).usage(account, period).requests).toBe(0);
  });

  test("refuses what is revoked, by credential, subject and organisation, also after a restart", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    const issuedAt = NOON / 1000;
    core.revoke({ kind: "jti", jti: "stolen" }, NOON);
    core.revoke({ kind: "subject", subject: "mallory" }, NOON);
    for (const restart of [false, true]) {
      const ledger = restart ? createLedgerCore(open()) : core;
      expect(reserve(ledger, { jti: "stolen", issuedAt: issuedAt + 60 })).toEqual({ ok: false, reason: "revoked" });
      expect(reserve(ledger, { subject: "mallory", issuedAt })).toEqual({ ok: false, reason: "revoked" });
      expect(reserve(ledger, { subject: "mallory", issuedAt: issuedAt + 1 }).ok).toBe(true);
      expect(reserve(ledger, { issuedAt }).ok).toBe(true);
    }
    core.revoke({ kind: "org" }, NOON);
    expect(reserve(createLedgerCore(open()), { issuedAt })).toEqual({ ok: false, reason: "revoked" });
  });

  test("tells the revocations after a version, each target once", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    core.revoke({ kind: "subject", subject: "mallory" }, NOON);
    const { version } = core.revocations(0);
    expect(core.revocations(version)).toEqual({ version, revocations: [] });
    core.revoke({ kind: "subject", subject: "mallory" }, NOON + 5 * SECOND);
    core.revoke({ kind: "org" }, NOON);
    const news = [
      { target: { kind: "subject", subject: "mallory" }, before: NOON / 1000 + 5 },
      { target: { kind: "org" }, before: NOON / 1000 },
    ];
    expect(core.reserve([], [], version).revocations).toEqual(news);
    expect(createLedgerCore(open()).revocations(0).revocations).toEqual(news);
    expect(core.revocations(1_000_000).revocations).toEqual(news);
    const latest = core.revocations(0).version;
    core.revoke({ kind: "jti", jti: "stolen" }, NOON);
    expect(core.revocations(latest).revocations).toEqual([
      { target: { kind: "jti", jti: "stolen" }, before: NOON / 1000 },
    ]);
  });

  test("forgets a revocation when no credential can be alive that it concerns, and never its version", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    core.revoke({ kind: "org" }, NOON);
    const { version } = core.revocations(0);
    core.fold(NOON + 25 * HOUR);
    for (const ledger of [core, createLedgerCore(open())]) expect(ledger.revocations(0).revocations).toHaveLength(1);
    core.fold(NOON + 25 * HOUR + 1);
    expect(core.revocations(0).revocations).toEqual([]);
    const restarted = createLedgerCore(open());
    restarted.revoke({ kind: "subject", subject: "mallory" }, NOON + 26 * HOUR);
    for (const since of [version, 0]) expect(restarted.revocations(since).revocations).toHaveLength(1);
  });

  test("a door's bucket fills, keeps what entered over a restart, and empties by the minute", () => {
    const open = makeDisk();
    const core = createLedgerCore(open());
    expect([1, 2, 3].map(() => core.enter("203.0.113.0", 2, NOON))).toEqual([true, true, false]);
    expect(core.enter("198.51.100.0", 2, NOON)).toBe(true);
    expect(core.fold(NOON + 59 * SECOND)).toBe(true);
    expect(core.enter("203.0.113.0", 2, NOON + 59 * SECOND)).toBe(false);
    const restarted = createLedgerCore(open());
    expect(restarted.enter("203.0.113.0", 2, NOON + 59 * SECOND)).toBe(false);
    expect(restarted.fold(NOON + 61 * SECOND)).toBe(false);
    expect(restarted.enter("203.0.113.0", 2, NOON + 61 * SECOND)).toBe(true);
  });

  test.each([
    { inputTokens: Number.NaN },
    { outputTokens: 1.5 },
    { inputMicros: -1 },
    { microsPerOutputToken: Number.POSITIVE_INFINITY },
    { microsPerOutputToken: -1 },
    { charges: alice({ micros: Number.NaN }) },
  ])("takes nothing of a group with what cannot be counted: %o", (unsound) => {
    const core = createLedgerCore(makeDisk()());
    const sound = makeReservation({ charges: alice({}) });
    expect(() => core.reserve([sound, makeReservation(unsound)], [], 0)).toThrow(RangeError);
    expect(core.usage("sub:alice", "all").requests).toBe(0);
  });
});

test.each([
  ["credential", "all", undefined],
  ["total", "all", undefined],
  ["hour", "hour:2026-12-31T23", Date.UTC(2027, 0, 1)],
  ["day", "day:2026-12-31", Date.UTC(2027, 0, 1)],
  ["month", "month:2026-12", Date.UTC(2027, 0, 1)],
] as const)("a period of one %s is UTC's", (per, period, end) => {
  const now = Date.UTC(2026, 11, 31, 23, 59, 59);
  expect(periodOf(per, now)).toBe(period);
  expect(endOfPeriod(period)).toBe(end === undefined ? undefined : end / 1000);
});

describe("ledgers in this process's memory", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("are one for each name, and pin the first key of a session", async () => {
    const ledgers = createMemoryLedgers();
    const [acme, other] = [ledgers.getByName("acme"), ledgers.getByName("other")];
    expect(await acme.pinSessionKey("session", "first", NOON)).toBe(true);
    const again = ledgers.getByName("acme");
    expect(await again.pinSessionKey("session", "second", NOON)).toBe(false);
    expect(await again.pinSessionKey("session", "first", NOON)).toBe(true);
    expect(await other.pinSessionKey("session", "second", NOON)).toBe(true);
    await acme.revoke({ kind: "org" }, NOON);
    expect((await acme.revocations(0)).revocations).toEqual([{ target: { kind: "org" }, before: NOON / 1000 }]);
    expect((await other.revocations(0)).revocations).toEqual([]);
  });

  test("fold once a minute, by whatever comes", async () => {
    vi.useFakeTimers({ now: NOON });
    const ledger = createMemoryLedgers().getByName("acme");
    const charges = alice({});
    const known = makeReservation({ charges });
    const settlement = { id: known.id, inputTokens: 1, outputTokens: 1, micros: 1 };
    await ledger.reserve([known], [], 0);
    await ledger.reserve([], [settlement], 0);
    vi.setSystemTime(NOON + 130 * SECOND);
    expect(await ledger.enter("door", 1, Date.now())).toBe(true);
    // Its first use is folded, and no proof of then is good any more.
    expect((await ledger.reserve([known], [settlement], 0)).verdicts).toMatchObject([{ ok: true }]);
    vi.setSystemTime(NOON + 189 * SECOND);
    expect((await ledger.reserve([known], [], 0)).verdicts).toEqual([{ ok: false, reason: "replayed" }]);
    expect(await ledger.usage("sub:alice", "all")).toEqual({ requests: 2, tokens: 32, micros: 51 });
  });
});

describe("a minute's rate", () => {
  const tick = 100;

  test("counts an entry for a minute after its tick of 100 ms", () => {
    const rate = createMinuteRate();
    rate.add(NOON + 1);
    rate.add(NOON + tick);
    for (const now of [NOON + 1, NOON + tick, NOON + MINUTE + tick - 1]) expect(rate.count(now)).toBe(2);
    expect(rate.resetSeconds(NOON + MINUTE)).toBe(1);
    expect(rate.count(NOON + MINUTE + tick)).toBe(0);
    expect(rate.resetSeconds(NOON + MINUTE + tick)).toBe(0);
    expect(rate.waitSeconds(1, NOON + MINUTE + tick)).toBe(0);
  });

  test("waits until so many are gone that one more fits", () => {
    const rate = createMinuteRate();
    for (const seconds of [0, 10, 10, 30]) rate.add(NOON + seconds * SECOND);
    const now = NOON + 40 * SECOND;
    const waits = [6, 5, 4, 3, 2, 1, 0].map((limit) => rate.waitSeconds(limit, now));
    expect(waits).toEqual([0, 0, 20, 30, 30, 50, 60]);
    expect(rate.resetSeconds(now)).toBe(50);
    expect(rate.waitSeconds(4, now + 500)).toBe(20);
    expect(rate.waitSeconds(4, NOON + MINUTE)).toBe(0);
    expect(rate.count(NOON + 70 * SECOND)).toBe(1);
  });

  test("counts one that comes out of order with the latest", () => {
    const rate = createMinuteRate();
    rate.add(NOON + SECOND);
    rate.add(NOON);
    expect(rate.resetSeconds(NOON + 30 * SECOND)).toBe(31);
    expect(rate.count(NOON + MINUTE)).toBe(2);
    expect(rate.waitSeconds(2, NOON + MINUTE)).toBe(1);
    expect(rate.count(NOON + MINUTE + SECOND)).toBe(0);
  });
});
