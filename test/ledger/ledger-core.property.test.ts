import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Charge, Reservation, Settlement } from "../../mint-server/credentials/ledger.ts";
import { createLedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { makeReservation, NOON } from "./make-reservation.ts";
import { createNaiveLedger } from "./naive-ledger.ts";
import { DISKS } from "./storages.ts";

const limit = (max: number) => fc.option(fc.nat(max), { nil: undefined, freq: 2 });

const charge = fc.record(
  {
    account: fc.constantFrom("sub:alice", "sub:bob", "jti:1", "org"),
    period: fc.constantFrom("all", "day:2026-11-22"),
    requests: limit(8),
    tokens: limit(400),
    micros: limit(600),
    requestsPerMinute: limit(6),
  },
  { requiredKeys: ["account", "period"] },
);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("reserve" as const),
      rows: fc.array(
        fc.record({
          charges: fc.array(charge, { minLength: 1, maxLength: 3 }),
          inputTokens: fc.nat(60),
          inputMicros: fc.nat(60),
          outputTokens: fc.nat(120),
          microsPerOutputToken: fc.oneof(fc.nat(4), fc.double({ min: 0, max: 3, noNaN: true })),
          flexible: fc.boolean(),
          /** Use the id of an earlier one. */
          again: fc.option(fc.nat(20), { nil: undefined, freq: 6 }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      which: fc.nat(40),
      share: fc.double({ min: 0, max: 1.2, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("fold" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.oneof(fc.nat(90_000), fc.nat(10 * 60_000), fc.nat(8 * 60 * 60_000)),
    }),
  },
);

const unlimited = (charges: readonly object[]): Charge[] =>
  charges.map(
    (fields) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as Charge,
  );

describe.each(DISKS)("with its rows %s", (_name, makeDisk) => {
  test("a ledger admits what a naive one admits, whatever is settled, folded or lost in between", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const open = makeDisk();
        const naive = createNaiveLedger();
        let core = createLedgerCore(open());
        let now = NOON;
        const sent: { readonly reservation: Reservation; readonly outputTokens: number }[] = [];
        for (const action of steps) {
          // No credential lives longer than a day, and no longer is its total kept for certain.
          if (action.do === "wait") now = Math.min(now + action.ms, NOON + 24 * 60 * 60_000);
          else if (action.do === "crash") core = createLedgerCore(open());
          else if (action.do === "fold") {
            core.fold(now);
            naive.expire(now - 6 * 60 * 60_000);
          } else if (action.do === "settle") {
            const chosen = sent[action.which % Math.max(1, sent.length)];
            if (!chosen) continue;
            const { reservation, outputTokens } = chosen;
            const settlement: Settlement = {
              id: reservation.id,
              inputTokens: reservation.inputTokens,
              outputTokens: Math.floor(outputTokens * action.share),
              micros: Math.floor(reservation.inputMicros * action.share),
            };
            core.reserve([], [settlement], 0);
            naive.settle(settlement);
          } else {
            const rows = action.rows.map(({ again, charges, ...fields }) => {
              const earlier = again === undefined ? undefined : sent.at(-1 - again);
              // A proof cannot be older than its nonce, so neither can a replay be.
              const isReplay = earlier !== undefined && earlier.reservation.now > now - 60_000;
              const id = isReplay ? { id: earlier.reservation.id } : {};
              const reservation = makeReservation({ ...fields, ...id, charges: unlimited(charges), now });
              return { reservation, isReplay };
            });
            const { verdicts } = core.reserve(
              rows.map(({ reservation }) => reservation),
              [],
              0,
            );
            for (const [index, { reservation, isReplay }] of rows.entries()) {
              const verdict = verdicts[index];
              if (!verdict) throw new Error("a verdict is missing");
              if (isReplay) {
                expect(verdict).toEqual({ ok: false, reason: "replayed" });
                continue;
              }
              const least = reservation.flexible ? Math.min(16, reservation.outputTokens) : reservation.outputTokens;
              if (verdict.ok) {
                expect(verdict.outputTokens).toBeGreaterThanOrEqual(least);
                expect(verdict.outputTokens).toBeLessThanOrEqual(reservation.outputTokens);
                expect(naive.fitsMinute(reservation)).toBe(true);
                expect(naive.fitsBudget(reservation, verdict.outputTokens)).toBe(true);
                const more = verdict.outputTokens + 1;
                if (more <= reservation.outputTokens) expect(naive.fitsBudget(reservation, more)).toBe(false);
                naive.accept(reservation, verdict.outputTokens);
                sent.push({ reservation, outputTokens: verdict.outputTokens });
              } else if (verdict.reason === "budget") {
                expect(naive.fitsBudget(reservation, least)).toBe(false);
              } else {
                expect(verdict.reason).toBe("rate");
                // A tick's entries count up to its end: a tenth of a second on the careful side.
                expect(naive.fitsMinute({ ...reservation, now: now - 100 })).toBe(false);
              }
            }
          }
          for (const account of ["sub:alice", "sub:bob", "jti:1", "org"]) {
            for (const period of ["all", "day:2026-11-22"]) {
              expect(core.usage(account, period)).toEqual(naive.usage(account, period));
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
