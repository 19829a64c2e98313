import { expect, test } from "vitest";
import { createLedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { makeReservation, NOON } from "./make-reservation.ts";
import { DISKS } from "./storages.ts";

const MINUTE = 60_000;
const nothing = { inputTokens: 0, inputMicros: 0, outputTokens: 0, microsPerOutputToken: 0 };

test.each(DISKS)("a use that is charged to nobody is known as long as it could come again, %s", (_, makeDisk) => {
  const disk = makeDisk();
  const use = makeReservation(nothing);
  const reserve = (core: ReturnType<typeof createLedgerCore>, now = NOON) =>
    core.reserve([{ ...use, now }], [], 0).verdicts[0];
  const core = createLedgerCore(disk());
  expect(reserve(core)).toEqual({ ok: true, outputTokens: 0, remaining: {} });
  expect(reserve(core)).toEqual({ ok: false, reason: "replayed" });
  expect(reserve(createLedgerCore(disk()))).toEqual({ ok: false, reason: "replayed" });
  expect(core.fold(NOON + 2 * MINUTE)).toBe(true);
  expect([...disk().rows()]).toMatchObject([{ id: use.id }]);
  expect(reserve(core, NOON + 2 * MINUTE)).toEqual({ ok: false, reason: "replayed" });
  expect(core.fold(NOON + 2 * MINUTE + 1)).toBe(false);
  expect([...disk().rows()]).toEqual([]);
});

test.each(DISKS)("it is settled from the beginning: what settles it changes nothing, %s", (_, makeDisk) => {
  const disk = makeDisk();
  const core = createLedgerCore(disk());
  const use = makeReservation(nothing);
  core.reserve([use], [], 0);
  core.reserve([], [{ id: use.id, inputTokens: 5, outputTokens: 5, micros: 5 }], 0);
  expect([...disk().rows()]).toMatchObject([{ id: use.id, settled: true, tokens: 0, micros: 0, accounts: [] }]);
  const charged = makeReservation({ charges: [{ account: "org", period: "all" }] });
  core.reserve([charged], [], 0);
  expect([...disk().rows()][1]).toMatchObject({ id: charged.id, settled: false });
});
