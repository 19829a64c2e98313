import { describe, expect, test } from "vitest";
import type { Limits } from "../../mint-server/contract/credential.ts";
import { createLedgerClient } from "../../mint-server/credentials/ledger-client.ts";
import { createMemoryLedger } from "../../mint-server/credentials/ledger-memory.ts";
import type { Caller, UsedCredential } from "../../mint-server/credentials/verify.ts";
import { createMeter } from "../../mint-server/realtime/meter.ts";
import { type RealtimePrice, realtimePriceOf } from "../../mint-server/realtime/price.ts";
import { createSessionBudget } from "../../mint-server/realtime/session-budget.ts";
import { createSessionPayments } from "../../mint-server/realtime/session-payments.ts";
import { createSessionTime } from "../../mint-server/realtime/session-time.ts";
import { pcm } from "./rig.ts";

const PRICE = realtimePriceOf("gpt-realtime", "openai") as RealtimePrice;
const CREDENTIAL: UsedCredential = { jti: "c-1", issuedAt: 7, expiresAt: 2_000_000_000 };
const ACCOUNT = ["jti:c-1", "all"] as const;

function parts(limits: Limits, orgLimits?: Limits) {
  const ledger = createMemoryLedger();
  const client = createLedgerClient(() => ledger);
  const caller = {
    by: "credential",
    subject: "alice",
    grant: { org: "acme", limits },
    ledger: "acme",
    credential: CREDENTIAL,
    org: { limits: orgLimits },
  } as unknown as Caller;
  const used = async () => {
    await client.flush();
    return ledger.usage(...ACCOUNT);
  };
  return { ledger, client, caller, used };
}

function pay(limits: Limits) {
  const { client, caller, used } = parts(limits);
  const budget = createSessionBudget({
    client,
    caller,
    credential: CREDENTIAL,
    price: PRICE,
    transcriptionPriceOf: (model) => realtimePriceOf(model, "openai"),
  });
  const meter = createMeter();
  const payments = createSessionPayments(budget, meter);
  const create = async (response: object = {}, id = "create-1") => {
    const event = { type: "response.create", event_id: id, response };
    const paid = await payments.beforeSending(event);
    if (paid?.ok) {
      meter.sent(paid.value);
      payments.sent(paid.value);
    }
    return paid;
  };
  const done = (id: string, usage: object | null) => {
    const event = { type: "response.done", response: { id, usage } };
    return payments.received(event, meter.received(event));
  };
  return { budget, meter, payments, create, done, used, client };
}

const created = (id: string) => ({ type: "response.created", response: { id } });
const USAGE = {
  input_tokens: 100,
  output_tokens: 60,
  input_token_details: { text_tokens: 100 },
  output_token_details: { text_tokens: 10, audio_tokens: 50 },
};

describe("a response", () => {
  test("is set aside at its worst before it begins, and settled on what the provider counted", async () => {
    const { create, payments, done, used } = pay({ usd: 1, tokens: 100_000 });
    const paid = await create({ max_output_tokens: 100 });
    expect(paid).toMatchObject({ ok: true, value: { response: { max_output_tokens: 100 } } });
    const held = await used();
    expect(held.micros).toBeGreaterThanOrEqual(100 * 64);
    expect(held.requests).toBe(0);
    payments.received(created("r-1"), undefined);
    expect(done("r-1", USAGE)).toBeUndefined();
    // 100 × 4 + 10 × 16 + 50 × 64
    expect(await used()).toEqual({ requests: 0, tokens: 160, micros: 3760 });
  });

  test("that states no maximum gets one that fits what is left", async () => {
    const { create } = pay({ usd: 0.01 });
    const paid = await create();
    if (!paid?.ok) throw new Error("it fits");
    const { max_output_tokens: most } = paid.value.response as { readonly max_output_tokens: number };
    expect(most).toBeGreaterThanOrEqual(16);
    expect(most * 64).toBeLessThanOrEqual(10_000);
  });

  test("that does not fit is not sent", async () => {
    const { create, used } = pay({ usd: 0.01 });
    expect(await create({ max_output_tokens: 4096 })).toMatchObject({
      ok: false,
      failure: { kind: "budget_exceeded", limit: "usd" },
    });
    expect((await used()).micros).toBe(0);
  });

  test("of a hundred at once, only those that the money is enough for are sent", async () => {
    const { create } = pay({ usd: 0.1 });
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => create({ max_output_tokens: 200 }, `c-${i}`)));
    const sent = all.filter((paid) => paid?.ok).length;
    expect(sent).toBeGreaterThan(0);
    expect(sent * 200 * 64).toBeLessThanOrEqual(100_000);
  });

  test("that the provider refuses costs nothing", async () => {
    const { create, payments, used } = pay({ usd: 1 });
    await create({}, "mine");
    payments.received({ type: "error", error: { event_id: "mine" } }, undefined);
    expect((await used()).micros).toBe(0);
  });

  test("of which nobody says what it took stays charged in full", async () => {
    const { create, payments, done, used } = pay({ usd: 1 });
    await create({ max_output_tokens: 100 });
    const held = await used();
    payments.received(created("r-1"), undefined);
    done("r-1", null);
    expect(await used()).toEqual(held);
  });

  test("that nobody paid for ends the session", async () => {
    const { payments, create } = pay({ usd: 1 });
    expect(payments.received(created("r-1"), undefined)).toMatchObject({ code: 4010 });
    await create();
    expect(payments.received(created("r-2"), undefined)).toBeUndefined();
    expect(payments.received(created("r-3"), undefined)).toMatchObject({ code: 4010 });
  });

  test("may take no more than one request may", async () => {
    const { create, budget } = pay({ usd: 1, maxTokensPerRequest: 50 });
    expect(budget.maxOutputTokens).toBe(50);
    expect(await create()).toMatchObject({ value: { response: { max_output_tokens: 50 } } });
  });
});

describe("transcription", () => {
  test("is paid for ahead, half a minute at a time, and no more than that", async () => {
    const { payments, meter, used, client } = pay({ usd: 1 });
    const voice = { type: "input_audio_buffer.append", audio: pcm(1000) };
    expect(payments.beforeSending(voice)).toBeUndefined();
    payments.sent({ type: "session.update", session: { audio: { input: { transcription: { model: "whisper-1" } } } } });
    for (let second = 0; second < 31; second++) {
      expect(await payments.beforeSending(voice)).toEqual(second % 30 === 0 ? { ok: true, value: voice } : undefined);
      meter.sent(voice);
    }
    await client.flush();
    expect((await used()).micros).toBe(2 * 3000);
  });

  test("of a long recording in one event is paid for whole, or not sent", async () => {
    const { payments, used } = pay({ usd: 0.05 });
    payments.sent({ type: "session.update", session: { audio: { input: { transcription: { model: "whisper-1" } } } } });
    const long = { type: "input_audio_buffer.append", audio: "A".repeat(64_000 * 300) };
    expect(await payments.beforeSending(long)).toMatchObject({ ok: true });
    expect((await used()).micros).toBe(30_000);
    expect(await payments.beforeSending(long)).toBeUndefined();
    const { payments: poor } = pay({ usd: 0.01 });
    poor.sent({ type: "session.update", session: { audio: { input: { transcription: { model: "whisper-1" } } } } });
    expect(await poor.beforeSending(long)).toMatchObject({ ok: false, failure: { kind: "budget_exceeded" } });
  });
});

describe("a session", () => {
  test("counts as one request, whatever is said in it, and not on the rate of its responses", async () => {
    const { budget, create, used } = pay({ requests: 2, usd: 10, requestsPerMinute: 2 });
    const now = Date.now();
    expect(await budget.start(now)).toMatchObject({ ok: true });
    for (let i = 0; i < 5; i++) expect(await create({ max_output_tokens: 16 }, `c-${i}`)).toMatchObject({ ok: true });
    expect((await used()).requests).toBe(1);
    expect(await budget.start(now)).toMatchObject({ ok: true });
    expect(await budget.start(now)).toMatchObject({ ok: false, failure: { kind: "rate_limited" } });
  });

  test("leases its seconds in slices, and gives back what it does not use", async () => {
    const { client, caller, ledger } = parts({ realtimeSeconds: 75 });
    const time = createSessionTime({ client, caller, credential: CREDENTIAL });
    expect(await time.start(0)).toEqual({ ok: true, value: undefined });
    expect([time.leasedUntil(), time.endsAt()]).toEqual([30_000, 75_000]);
    time.tick(19_000);
    await client.flush();
    expect(time.leasedUntil()).toBe(30_000);
    time.tick(20_000);
    await expect.poll(() => time.leasedUntil()).toBe(60_000);
    time.tick(50_000);
    await expect.poll(() => time.leasedUntil()).toBe(75_000);
    time.tick(65_000);
    await expect.poll(() => time.isRefused()).toBe(true);
    time.stop(71_500);
    await client.flush();
    expect((await ledger.usage("jti:c-1:realtime", "all")).tokens).toBe(71_500);
  });

  test("has its place in each slot, and leaves it at the end", async () => {
    const { client, caller } = parts({ realtimeSessions: 1 });
    const one = createSessionTime({ client, caller, credential: CREDENTIAL });
    const other = createSessionTime({ client, caller, credential: CREDENTIAL });
    expect(await one.start(0)).toMatchObject({ ok: true });
    expect(await other.start(1000)).toMatchObject({ ok: false, failure: { kind: "too_many_sessions", most: 1 } });
    one.tick(26_000);
    await client.flush();
    expect(await other.start(30_000)).toMatchObject({ ok: false });
    one.stop(31_000);
    await client.flush();
    expect(await other.start(31_000)).toMatchObject({ ok: true });
    // One that ended without a word is forgotten with its slot.
    const late = createSessionTime({ client, caller, credential: CREDENTIAL });
    expect(await late.start(61_000)).toMatchObject({ ok: true });
  });

  test("of an organisation counts on its limits, too", async () => {
    const { client, caller } = parts(
      { realtimeSeconds: 1000 },
      { realtimeSeconds: 5, realtimeSessions: 0, per: "day" },
    );
    const time = createSessionTime({ client, caller, credential: CREDENTIAL });
    expect(await time.start(Date.now())).toMatchObject({ ok: false, failure: { kind: "too_many_sessions" } });
  });
});
