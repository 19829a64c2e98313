import { describe, expect, test } from "vitest";
import type { Limits } from "../../mint-server/contract/credential.ts";
import {
  MIN_OUTPUT_TOKENS,
  type Reservation,
  type Settlement,
  type Verdict,
} from "../../mint-server/credentials/ledger.ts";
import type { LedgerClient } from "../../mint-server/credentials/ledger-client.ts";
import type { Caller } from "../../mint-server/credentials/verify.ts";
import { openBudget } from "../../mint-server/metering/budget.ts";
import { reserveLight } from "../../mint-server/metering/light-reservation.ts";
import type { ModelFacts } from "../../mint-server/providers/provider.ts";
import { FACTS, requestOf } from "./requests.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const PRICED: ModelFacts = { ...FACTS, inputCostPerMillionTokens: 2, outputCostPerMillionTokens: 8 };
const TEXT = { messages: [{ role: "user", content: "Hi." }] };
const WEIGHT = JSON.stringify(TEXT).length;

interface Given {
  readonly limits?: Limits;
  readonly orgLimits?: Limits;
  readonly body?: Record<string, unknown>;
  readonly path?: string;
  readonly facts?: readonly ModelFacts[];
  readonly verdict?: (reservation: Reservation) => Verdict | undefined;
  readonly proofId?: string;
}

/** A ledger that notes what it is told, and the caller whom it is asked for. */
function askedFor({ limits, orgLimits, verdict, proofId }: Given) {
  const reserved: Reservation[] = [];
  const settled: Settlement[] = [];
  const client = {
    reserve: async (reservation: Reservation) => {
      reserved.push(reservation);
      const granted: Verdict = { ok: true, outputTokens: reservation.outputTokens, remaining: { requests: 3 } };
      return verdict ? verdict(reservation) : granted;
    },
    settle: (settlement: Settlement) => void settled.push(settlement),
  } as unknown as LedgerClient;
  const caller = {
    by: "credential",
    subject: "alice",
    grant: { org: "acme", ...(limits && { limits }) },
    ledger: "acme",
    credential: { jti: "c-1", issuedAt: 7, expiresAt: 607, ...(proofId && { proofId }) },
    ...(orgLimits && { org: { limits: orgLimits } }),
  } as unknown as Caller;
  return { client, caller, reserved, settled };
}

async function open(given: Given) {
  const { body = TEXT, path = "chat/completions", facts = [PRICED] } = given;
  const { client, caller, reserved, settled } = askedFor(given);
  const budget = await openBudget({ client, caller, request: requestOf(path, body), facts, now: NOW });
  return { budget, reserved, settled };
}

const opened = async (given: Given) => {
  const all = await open(given);
  if (!all.budget.ok) throw new Error(all.budget.failure.kind);
  return { ...all, budget: all.budget.value };
};
const chargesOf = async (given: Given) => (await opened(given)).reserved[0]?.charges;

test("each limit is a charge on its own account and period", async () => {
  const limits: Limits = { requests: 1, tokens: 1e6, usd: 0.5, requestsPerMinute: 4 };
  const counted = { requests: 1, tokens: 1e6, micros: 500_000, requestsPerMinute: 4 };
  expect(await chargesOf({ limits })).toEqual([{ account: "jti:c-1", period: "all", ...counted }]);
  expect(await chargesOf({ limits: { ...limits, per: "credential" } })).toMatchObject([{ account: "jti:c-1" }]);
  for (const [per, period] of [
    ["total", "all"],
    ["hour", "hour:2026-11-22T12"],
    ["day", "day:2026-11-22"],
    ["month", "month:2026-11"],
  ] as const) {
    expect(await chargesOf({ limits: { ...limits, per } })).toEqual([{ account: "sub:alice", period, ...counted }]);
  }
  expect(await chargesOf({ orgLimits: { requests: 5 } })).toEqual([
    { account: "org", period: "day:2026-11-22", requests: 5 },
  ]);
  expect(await chargesOf({ limits: { requests: 1 }, orgLimits: { requests: 5, per: "month" } })).toEqual([
    { account: "jti:c-1", period: "all", requests: 1 },
    { account: "org", period: "month:2026-11", requests: 5 },
  ]);
});

test("money is whole micro-dollars, rounded down", async () => {
  expect(await chargesOf({ limits: { usd: 0.0000019 } })).toMatchObject([{ micros: 1 }]);
});

test("sets the worst case aside, under the proof's name where there is one", async () => {
  const { reserved } = await opened({ limits: { usd: 1 }, body: { ...TEXT, max_tokens: 100 }, proofId: "the-proof" });
  const bytes = JSON.stringify({ ...TEXT, max_tokens: 100 }).length;
  expect(reserved).toEqual([
    {
      id: "the-proof",
      jti: "c-1",
      subject: "alice",
      issuedAt: 7,
      now: NOW,
      charges: [{ account: "jti:c-1", period: "all", micros: 1_000_000 }],
      inputTokens: bytes,
      inputMicros: 2 * bytes,
      outputTokens: 100,
      microsPerOutputToken: 8,
      flexible: false,
    },
  ]);
  const [one, two] = [await opened({ limits: { usd: 1 } }), await opened({ limits: { usd: 1 } })];
  expect(one.reserved[0]?.id).not.toBe(two.reserved[0]?.id);
});

test("a request without a maximum has 4096 tokens set aside, and takes what is granted", async () => {
  const { budget, reserved } = await opened({ limits: { tokens: 1e6 } });
  expect(reserved[0]).toMatchObject({ outputTokens: 4096, flexible: true, inputTokens: WEIGHT });
  expect(budget.request.body.max_tokens ?? budget.request.body.max_completion_tokens).toBe(4096);
  const verdict = (): Verdict => ({ ok: true, outputTokens: 50, remaining: {} });
  const less = await opened({ limits: { tokens: 1e6 }, verdict });
  expect(less.budget.request.payload).toContain(":50");
  expect(less.budget.meter.hold).toEqual({ inputTokens: WEIGHT, outputTokens: 50 });
});

test("what a schema says where nothing is stated is written into the request", async () => {
  const { budget, reserved } = await opened({ limits: { tokens: 1e6 }, path: "completions", body: { prompt: "Hi." } });
  expect(reserved[0]).toMatchObject({ outputTokens: 16, flexible: false });
  expect(budget.request.body.max_tokens).toBe(16);
});

test("a stated maximum stays as it is", async () => {
  for (const path of ["chat/completions", "completions"]) {
    const body = { ...TEXT, max_tokens: 100 };
    const { budget } = await opened({ limits: { tokens: 1e6 }, path, body });
    expect(budget.request.payload).toBe(JSON.stringify(body));
  }
});

test("where requests alone are counted nothing is weighed, and the request stays as it is", async () => {
  const given = { limits: { requests: 1, requestsPerMinute: 5 }, facts: [FACTS] };
  const { budget, reserved, settled } = await opened(given);
  expect(reserved[0]).toMatchObject({
    inputTokens: 0,
    inputMicros: 0,
    outputTokens: 0,
    microsPerOutputToken: 0,
    flexible: false,
  });
  expect(budget.request.payload).toBe(JSON.stringify(TEXT));
  expect((await opened({ ...given, path: "completions" })).budget.request.payload).toBe(JSON.stringify(TEXT));
  expect(budget.remaining).toEqual({ requests: 3 });
  expect(settled).toEqual([{ id: reserved[0]?.id, inputTokens: 0, outputTokens: 0, micros: 0 }]);
});

test("a maximum of one request bounds what may be stated, and what is not", async () => {
  const limits: Limits = { requests: 1, maxTokensPerRequest: 100 };
  const stated = (max: number) => open({ limits, body: { ...TEXT, max_tokens: max } });
  expect((await stated(100)).budget).toMatchObject({ ok: true });
  expect((await stated(101)).budget).toEqual({
    ok: false,
    failure: { kind: "budget_exceeded", limit: "maxTokensPerRequest" },
  });
  expect((await stated(101)).reserved).toEqual([]);
  const { budget, reserved } = await opened({ limits });
  expect(reserved[0]).toMatchObject({ outputTokens: 100, flexible: true });
  expect(budget.request.payload).toContain(":100");
});

test("the dearest of the endpoints that may answer decides, and one without a price refuses", async () => {
  const other = {
    ...FACTS,
    inputCostPerMillionTokens: 3,
    outputCostPerMillionTokens: 1,
    cacheWriteCostPerMillionTokens: 5,
  };
  const body = { ...TEXT, max_tokens: 10 };
  const bytes = JSON.stringify(body).length;
  const { reserved } = await opened({ limits: { usd: 1 }, facts: [PRICED, other], body });
  expect(reserved[0]).toMatchObject({ inputMicros: 5 * bytes, microsPerOutputToken: 8 });
  const unpriced = await open({ limits: { usd: 1 }, facts: [PRICED, FACTS] });
  expect(unpriced.budget).toMatchObject({ ok: false, failure: { kind: "unpriced_model", model: "gpt-4o" } });
  expect(unpriced.reserved).toEqual([]);
  expect((await open({ limits: { tokens: 1e6 }, facts: [FACTS] })).budget).toMatchObject({ ok: true });
});

test("a maximum of one request is shared by its answers, of which each has a token at least", async () => {
  const given = { limits: { requests: 1, maxTokensPerRequest: 9 }, orgLimits: { maxTokensPerRequest: 5 } };
  const { budget } = await opened({ ...given, body: { ...TEXT, n: 5 } });
  expect(budget.request.body).toMatchObject({ max_tokens: 1 });
  const refused = await open({ ...given, body: { ...TEXT, n: 6 } });
  const failure = { kind: "budget_exceeded", limit: "maxTokensPerRequest" };
  expect([refused.budget, refused.reserved]).toEqual([{ ok: false, failure }, []]);
});

test.each([
  ["tokens", { limits: { tokens: 1e6 }, orgLimits: { requests: 5 } }],
  ["usd", { limits: { usd: 1 }, orgLimits: { requests: 5 } }],
] as const)("a grant of %s that is too short for each answer is given back", async (limit, given) => {
  const body = { ...TEXT, n: 4 };
  const granting = (outputTokens: number): Given => ({
    ...{ ...given, body },
    verdict: () => ({ ok: true, outputTokens, remaining: { requests: 3 } }),
  });
  const refused = await open(granting(4 * MIN_OUTPUT_TOKENS - 1));
  const failure = { kind: "budget_exceeded", limit, remaining: { requests: 3 } };
  expect(refused.budget).toEqual({ ok: false, failure });
  expect(refused.settled).toMatchObject([{ id: refused.reserved[0]?.id, inputTokens: 0, outputTokens: 0, micros: 0 }]);
  const { budget, settled } = await opened(granting(4 * MIN_OUTPUT_TOKENS));
  expect([budget.request.body, settled]).toMatchObject([{ max_tokens: MIN_OUTPUT_TOKENS }, []]);
});

test("money is set aside where either limits it, the credential or its organisation", async () => {
  for (const given of [
    { limits: { usd: 1 }, orgLimits: { requests: 5 } },
    { limits: { requests: 5 }, orgLimits: { usd: 1 } },
  ]) {
    expect((await opened(given)).reserved[0]).toMatchObject({ inputMicros: 2 * WEIGHT, microsPerOutputToken: 8 });
  }
});

test("the longest context of the endpoints bounds the input", async () => {
  const facts = [5, 7].map((contextTokens) => ({ ...PRICED, contextTokens }));
  expect((await opened({ limits: { tokens: 1e6 }, facts })).reserved[0]).toMatchObject({ inputTokens: 7 });
});

test("is settled once, at the price that it was set aside at", async () => {
  const { budget, settled, reserved } = await opened({ limits: { usd: 1 } });
  budget.settle({ inputTokens: 10, outputTokens: 20 });
  budget.settle({ inputTokens: 1, outputTokens: 1 });
  budget.release();
  budget.meter.onSettle({ inputTokens: 1, outputTokens: 1, complete: true });
  expect(settled).toEqual([{ id: reserved[0]?.id, inputTokens: 10, outputTokens: 20, micros: 180 }]);
});

test("what is released costs nothing, what is forfeited is never settled", async () => {
  const released = await opened({ limits: { usd: 1 } });
  released.budget.release();
  expect(released.settled).toMatchObject([{ inputTokens: 0, outputTokens: 0, micros: 0 }]);
  const forfeited = await opened({ limits: { usd: 1 } });
  forfeited.budget.forfeit();
  forfeited.budget.release();
  expect(forfeited.settled).toEqual([]);
});

test("another attempt is another reservation, of the same tokens under a name of its own", async () => {
  const { budget, reserved, settled } = await opened({ limits: { usd: 1 }, proofId: "the-proof" });
  const again = await budget.again();
  if (!again.ok) throw new Error("not reserved");
  expect(reserved[0]?.isPart).toBeUndefined();
  expect(reserved[1]).toMatchObject({ outputTokens: 4096, flexible: false, isPart: true });
  expect(reserved[1]?.id).not.toBe("the-proof");
  again.value.settle({ inputTokens: 1, outputTokens: 1 });
  expect(settled).toMatchObject([{ id: reserved[1]?.id, micros: 10 }]);
});

test.each([
  [undefined, { kind: "ledger_unavailable" }],
  [
    { ok: false, reason: "replayed" },
    { kind: "invalid_proof", reason: "replayed" },
  ],
  [
    { ok: false, reason: "revoked" },
    { kind: "credential_revoked", bound: false },
  ],
  [
    { ok: false, reason: "rate", retryAfterSeconds: 7, remaining: {} },
    { kind: "rate_limited", retryAfterSeconds: 7 },
  ],
  [
    { ok: false, reason: "budget", limit: "usd", remaining: {} },
    { kind: "budget_exceeded", limit: "usd" },
  ],
  [
    { ok: false, reason: "budget", limit: "tokens", resetsAtSeconds: 9, remaining: {} },
    { kind: "budget_exceeded", limit: "tokens", resetsAtSeconds: 9 },
  ],
])("the ledger's %j is %j", async (verdict, failure) => {
  const { budget } = await open({ limits: { requests: 1 }, verdict: () => verdict as Verdict | undefined });
  expect(budget).toMatchObject({ ok: false, failure });
});

test("a bound credential hears of its revocation by its own scheme", async () => {
  const verdict = (): Verdict => ({ ok: false, reason: "revoked" });
  const { budget } = await open({ limits: { requests: 1 }, verdict, proofId: "p" });
  expect(budget).toMatchObject({ failure: { kind: "credential_revoked", bound: true } });
});

describe("a request whose answer is there already", () => {
  const light = async (given: Given) => {
    const { client, caller, reserved, settled } = askedFor(given);
    return { result: await reserveLight(client, caller, NOW), reserved, settled };
  };
  const NOTHING = { inputTokens: 0, outputTokens: 0 };

  test("counts by the minute alone, and uses up its proof", async () => {
    const { result, reserved, settled } = await light({
      limits: { requests: 1, usd: 1, requestsPerMinute: 4 },
      orgLimits: { tokens: 9, requestsPerMinute: 50 },
      proofId: "the-proof",
    });
    const period = expect.stringMatching(/^hour:/);
    expect(reserved).toEqual([
      {
        ...{ id: "the-proof", jti: "c-1", subject: "alice", issuedAt: 7, now: NOW },
        charges: [
          { account: "jti:c-1", period, requestsPerMinute: 4 },
          { account: "org", period, requestsPerMinute: 50 },
        ],
        ...{ ...NOTHING, inputMicros: 0, microsPerOutputToken: 0, flexible: false },
      },
    ]);
    expect(settled).toEqual([{ id: "the-proof", ...NOTHING, micros: 0 }]);
    expect(result).toEqual({ ok: true, value: { requests: 3 } });
  });

  test("is asked for where nothing counts by the minute, under a name of its own", async () => {
    const [one, two] = [await light({ limits: { usd: 1 } }), await light({})];
    expect([...one.reserved, ...two.reserved]).toMatchObject([{ charges: [] }, { charges: [] }]);
    expect(one.reserved[0]?.id).not.toBe(two.reserved[0]?.id);
    expect([...one.settled, ...two.settled]).toEqual([]);
  });

  test("is refused to whom is revoked, and where nobody knows", async () => {
    const limits = { requestsPerMinute: 1 };
    const revoked = await light({ limits, verdict: () => ({ ok: false, reason: "revoked" }) });
    expect(revoked.result).toEqual({ ok: false, failure: { kind: "credential_revoked", bound: false } });
    const unknown = await light({ limits, verdict: () => undefined });
    expect(unknown.result).toEqual({ ok: false, failure: { kind: "ledger_unavailable" } });
    expect([...revoked.settled, ...unknown.settled]).toEqual([]);
  });

  test("costs a caller without a credential nothing, who may ask for nothing else", async () => {
    const { client, caller, reserved } = askedFor({});
    const { credential: _, ...other } = caller;
    expect(await reserveLight(client, other, NOW)).toEqual({ ok: true, value: undefined });
    const asking = { client, caller: other, request: requestOf("chat/completions", TEXT), facts: [PRICED], now: NOW };
    expect(await openBudget(asking)).toEqual({ ok: false, failure: { kind: "unforeseen" } });
    expect(reserved).toEqual([]);
  });
});
