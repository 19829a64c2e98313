import { describe, expect, test } from "vitest";
import type { Reservation, Settlement } from "../../mint-server/credentials/ledger.ts";
import type { LedgerClient } from "../../mint-server/credentials/ledger-client.ts";
import { openBudget } from "../../mint-server/metering/budget.ts";
import { factsOf } from "../../mint-server/providers/models.ts";
import type { ModelFacts } from "../../mint-server/providers/provider.ts";
import { requestOf } from "./requests.ts";

/** A ledger that grants everything, and what it was told. */
function createGenerousLedger() {
  const reservations: Reservation[] = [];
  const settlements: Settlement[] = [];
  const client: LedgerClient = {
    async reserve(reservation) {
      reservations.push(reservation);
      return { ok: true, outputTokens: reservation.outputTokens, remaining: {} };
    },
    settle: (settlement) => settlements.push(settlement),
    flush: async () => {},
    isRevoked: () => false,
    revoke: async () => {},
    usage: async () => undefined,
    isIdle: () => true,
  };
  return { client, reservations, settlements };
}

/** Opens a budget of ten dollars for a user's message of so many bytes. */
async function open(model: string, bytes: number, facts: readonly ModelFacts[]) {
  const ledger = createGenerousLedger();
  const messages = [{ role: "user", content: "x".repeat(bytes) }];
  const result = await openBudget({
    client: ledger.client,
    caller: {
      by: "credential",
      subject: "alice",
      grant: { org: "acme", limits: { usd: 10 } },
      ledger: "acme",
      credential: { jti: "credential-1", issuedAt: 1, expiresAt: 601 },
    },
    request: requestOf("chat/completions", { messages, max_tokens: 100 }, model),
    facts,
    now: Date.UTC(2026, 10, 22),
  });
  const [reservation] = ledger.reservations;
  if (!result.ok || !reservation) throw new Error(JSON.stringify(result));
  return { ...ledger, budget: result.value, reservation };
}

const GPT = factsOf("gpt-5.4", "openai");

describe("money for a request whose model costs more above 271,999 tokens of input", () => {
  test("is set aside at the low price where it cannot have as many", async () => {
    const { reservation } = await open("gpt-5.4", 200_000, [GPT]);
    const { inputTokens, inputMicros, microsPerOutputToken } = reservation;
    expect(inputTokens).toBeLessThan(271_999);
    expect([inputMicros, microsPerOutputToken]).toEqual([Math.ceil(inputTokens * 2.5), 15]);
  });

  test("is set aside at the high price where it can, and settled at that of what it had", async () => {
    for (const [used, micros] of [
      [271_999, Math.ceil(271_999 * 2.5) + 10 * 15],
      [272_000, 272_000 * 5 + 10 * 22.5],
    ] as const) {
      const { reservation, settlements, budget } = await open("gpt-5.4", 300_000, [GPT]);
      const { inputTokens, inputMicros, microsPerOutputToken } = reservation;
      expect(inputTokens).toBeGreaterThanOrEqual(300_000);
      expect([inputMicros, microsPerOutputToken]).toEqual([inputTokens * 5, 22.5]);
      budget.settle({ inputTokens: used, outputTokens: 10 });
      expect(settlements.map((settlement) => settlement.micros)).toEqual([micros]);
    }
  });

  test("is that of the dearest endpoint, whichever of them has tiers", async () => {
    const flat: ModelFacts = {
      flavor: "chat",
      format: "openai",
      multimodal: true,
      contextTokens: 1_050_000,
      inputCostPerMillionTokens: 4,
      outputCostPerMillionTokens: 20,
    };
    for (const facts of [
      [GPT, flat],
      [flat, GPT],
    ]) {
      const short = (await open("gpt-5.4", 1000, facts)).reservation;
      const long = (await open("gpt-5.4", 300_000, facts)).reservation;
      expect([short.inputMicros, short.microsPerOutputToken]).toEqual([short.inputTokens * 4, 20]);
      expect([long.inputMicros, long.microsPerOutputToken]).toEqual([long.inputTokens * 5, 22.5]);
    }
  });
});
