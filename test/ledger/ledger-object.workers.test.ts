import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { waitUntil } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Charge, Reservation } from "../../mint-server/credentials/ledger.ts";
import { createLedgerClient } from "../../mint-server/credentials/ledger-client.ts";
import type { LedgerObject } from "../../mint-server/ledger-object.ts";

const { LEDGER } = env as unknown as { LEDGER: DurableObjectNamespace<LedgerObject> };

/** A new organisation's ledger, reached anew at each call. */
const newLedger = () => {
  const name = crypto.randomUUID();
  return () => LEDGER.getByName(name);
};

const MINUTE = 60_000;

/** 30 tokens and 50 micro-dollars at worst. */
const make = (charges: readonly Charge[], given: Partial<Reservation> = {}): Reservation => ({
  id: crypto.randomUUID(),
  jti: "credential-1",
  subject: "alice",
  issuedAt: Math.floor(Date.now() / 1000) - 60,
  now: Date.now(),
  charges,
  inputTokens: 10,
  inputMicros: 10,
  outputTokens: 20,
  microsPerOutputToken: 2,
  flexible: false,
  ...given,
});

const alice = (limits: Partial<Charge> = {}): Charge[] => [{ account: "sub:alice", period: "all", ...limits }];

const countRows = (ledger: () => DurableObjectStub<LedgerObject>, table: string): Promise<number> =>
  runInDurableObject(
    ledger(),
    (_object, { storage }) => storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n,
  );

test("of 500 parallel requests with money for 10, 10 are granted", async () => {
  const client = createLedgerClient(newLedger(), { waitUntil });
  const all = Array.from({ length: 500 }, () => client.reserve(make(alice({ micros: 549 }))));
  expect((await Promise.all(all)).filter((verdict) => verdict?.ok)).toHaveLength(10);
});

test("of 100 parallel uses of one proof, one is granted, also by instances that know nothing of each other", async () => {
  const ledger = newLedger();
  const reservation = make(alice());
  const all = Array.from({ length: 100 }, () => createLedgerClient(ledger, { waitUntil }).reserve(reservation));
  const verdicts = await Promise.all(all);
  expect(verdicts.filter((verdict) => verdict?.ok)).toHaveLength(1);
  expect(verdicts.filter((verdict) => verdict?.ok === false && verdict.reason === "replayed")).toHaveLength(99);
});

test("knows after an eviction what it knew before", async () => {
  const ledger = newLedger();
  const [open, done] = [make(alice({ requestsPerMinute: 2 })), make(alice())];
  await ledger().reserve([open, done], [{ id: done.id, inputTokens: 1, outputTokens: 2, micros: 3 }], 0);
  await ledger().reserve([], [{ id: done.id, inputTokens: 1, outputTokens: 2, micros: 3 }], 0);
  await ledger().revoke({ kind: "subject", subject: "mallory" }, Date.now());
  const before = await ledger().usage("sub:alice", "all");
  expect(before).toEqual({ requests: 2, tokens: 33, micros: 53 });
  await evictDurableObject(ledger());
  expect(await ledger().usage("sub:alice", "all")).toEqual(before);
  const { verdicts, revocations } = await ledger().reserve(
    [open, make([], { subject: "mallory" }), make(alice({ requestsPerMinute: 2 }))],
    [],
    0,
  );
  expect(verdicts).toMatchObject([{ reason: "replayed" }, { reason: "revoked" }, { reason: "rate" }]);
  expect(revocations).toHaveLength(1);
});

test("writes one row for each reservation it accepts, and none for one it refuses", async () => {
  const ledger = newLedger();
  const charges = alice({ requests: 2 });
  const reservations = Array.from({ length: 5 }, () => make(charges));
  await ledger().reserve(reservations, [], 0);
  expect(await countRows(ledger, "reservations")).toBe(2);
  const [first] = reservations;
  const settlements = [{ id: first?.id ?? "", inputTokens: 1, outputTokens: 1, micros: 1 }];
  await ledger().reserve([], settlements, 0);
  expect(await countRows(ledger, "reservations")).toBe(2);
});

test("its alarm folds what is old into totals that count on", async () => {
  const ledger = newLedger();
  const old = Array.from({ length: 20 }, () => make(alice(), { now: Date.now() - 5 * MINUTE }));
  await ledger().reserve(old, [], 0);
  const settlements = old.slice(5).map(({ id }) => ({ id, inputTokens: 1, outputTokens: 1, micros: 2 }));
  await ledger().reserve([make(alice())], settlements, 0);
  expect(await runDurableObjectAlarm(ledger())).toBe(true);
  // The five that are open and the new one.
  expect(await countRows(ledger, "reservations")).toBe(6);
  const sums = { requests: 21, tokens: 15 * 2 + 6 * 30, micros: 15 * 2 + 6 * 50 };
  expect(await ledger().usage("sub:alice", "all")).toEqual(sums);
  await evictDurableObject(ledger());
  expect(await ledger().usage("sub:alice", "all")).toEqual(sums);
  const [verdict] = (await ledger().reserve([make(alice({ micros: sums.micros + 49 }))], [], 0)).verdicts;
  expect(verdict).toMatchObject({ ok: false, reason: "budget", remaining: { micros: 49 } });
});

test("an alarm is due while there is anything to fold, also after an eviction", async () => {
  const ledger = newLedger();
  const due = () => runInDurableObject(ledger(), (_object, { storage }) => storage.getAlarm());
  await ledger().reserve([make(alice())], [], 0);
  const first = await due();
  expect(first).not.toBeNull();
  await evictDurableObject(ledger());
  await ledger().reserve([make(alice())], [], 0);
  expect(await due()).toBe(first);
  expect(await runDurableObjectAlarm(ledger())).toBe(true);
  expect(await due()).not.toBeNull();
});

test("pins a session's first key, over an eviction", async () => {
  const ledger = newLedger();
  const later = Date.now() + MINUTE;
  expect(await ledger().pinSessionKey("session", "key-1", later)).toBe(true);
  await evictDurableObject(ledger());
  expect(await ledger().pinSessionKey("session", "key-2", later)).toBe(false);
  expect(await ledger().pinSessionKey("session", "key-1", later)).toBe(true);
});
