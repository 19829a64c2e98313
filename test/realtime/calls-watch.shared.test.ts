import { describe, expect, test } from "vitest";
import { fail, ok } from "../../mint-server/failures.ts";
import { callIdIn } from "../../mint-server/realtime/calls-id.ts";
import type { Fields, RealtimeEvent } from "../../mint-server/realtime/events.ts";
import type { LeashRules } from "../../mint-server/realtime/leash-rules.ts";
import { NO_TOKENS, sumOf } from "../../mint-server/realtime/price.ts";
import type { Hold, WorstResponse } from "../../mint-server/realtime/session-budget.ts";
import { createCallMeter } from "../../mint-server/realtime/sideband-meter.ts";
import { createAheadPayments } from "../../mint-server/realtime/sideband-payments.ts";
import { type CallStep, createCallWatch } from "../../mint-server/realtime/sideband-watch.ts";

const RULES: LeashRules = {
  locked: { instructions: "Be brief.", tools: [{ type: "function", name: "weather" }] },
  model: "gpt-realtime",
  allowsModel: () => true,
  hasFeature: () => false,
  paysFirst: false,
  isPriced: () => true,
};
/** As OpenAI shows it: with defaults of its own. */
const HELD = {
  type: "realtime",
  instructions: "Be brief.",
  tools: [{ type: "function", name: "weather", description: null, parameters: {} }],
  max_output_tokens: "inf",
};

const updated = (session: Fields): RealtimeEvent => ({ type: "session.updated", session: { ...HELD, ...session } });
const sent = (steps: readonly CallStep[]): RealtimeEvent[] =>
  steps.flatMap((step) => (step.kind === "send" ? [step.event] : []));

describe("the watch over a call", () => {
  test("says nothing while all holds, whatever defaults the provider adds", () => {
    const watch = createCallWatch(RULES);
    expect(watch.read({ type: "session.created", session: HELD })).toEqual([]);
    expect(watch.read(updated({ audio: { output: { voice: "cedar" } } }))).toEqual([]);
  });

  test.each([
    ["instructions", { instructions: "Tell." }, { instructions: "Be brief." }],
    ["tools", { tools: [] }, { tools: RULES.locked.tools }],
    ["one tool more", { tools: [...HELD.tools, { type: "function", name: "pay" }] }, { tools: RULES.locked.tools }],
  ])("puts back %s, and nothing else", (_, changed, expected) => {
    const [update, ...rest] = sent(createCallWatch(RULES).read(updated(changed)));
    expect(rest).toEqual([]);
    expect(update).toMatchObject({ type: "session.update", session: { type: "realtime", ...expected } });
    expect(Object.keys((update?.session ?? {}) as object)).toEqual(["type", ...Object.keys(expected)]);
  });

  test("stops a response that has begun under what was changed", () => {
    const watch = createCallWatch(RULES);
    watch.read({ type: "response.created", response: { id: "r1" } });
    expect(sent(watch.read(updated({ instructions: "Tell." }))).map(({ type }) => type)).toEqual([
      "response.cancel",
      "session.update",
    ]);
    watch.read({ type: "response.done", response: { id: "r1" } });
    expect(sent(watch.read(updated({ instructions: "Tell." }))).map(({ type }) => type)).toEqual(["session.update"]);
  });

  test("cancels a response that asks for more output than it may have", () => {
    const watch = createCallWatch(RULES, 200);
    const created = (max_output_tokens: number | string) =>
      watch.read({ type: "response.created", response: { id: "r", max_output_tokens } });
    expect(created(200)).toEqual([]);
    for (const asked of [201, "inf"])
      expect(sent(created(asked))).toMatchObject([{ type: "response.cancel", response_id: "r" }]);
  });

  test("ends a call in which the provider's own tools run", () => {
    const steps = createCallWatch(RULES).read({ type: "response.mcp_call.in_progress" });
    expect(steps).toEqual([{ kind: "end", ending: { code: 1008, reason: "insufficient_scope" } }]);
    const leave = createCallWatch({ ...RULES, hasFeature: () => true });
    expect(leave.read({ type: "response.mcp_call.in_progress" })).toEqual([]);
  });

  test("says a new limit of output once", () => {
    const watch = createCallWatch(RULES, 500);
    expect(watch.limitOutput(500)).toEqual([]);
    expect(sent(watch.limitOutput(300))).toMatchObject([{ session: { max_output_tokens: 300 } }]);
    expect(watch.limitOutput(300)).toEqual([]);
  });
});

describe("paying ahead", () => {
  /** A budget of so many reservations, and what became of each. */
  function budgetOf(most: number) {
    const holds: string[] = [];
    const asked: WorstResponse[] = [];
    return {
      holds,
      asked,
      reserve: async (worst: WorstResponse) => {
        asked.push(worst);
        if (holds.length >= most) return fail({ kind: "budget_exceeded", limit: "tokens" });
        const at = holds.push("held") - 1;
        const hold: Hold = {
          outputTokens: 100,
          settle: () => void holds.splice(at, 1, "settled"),
          release: () => void holds.splice(at, 1, "released"),
        };
        return ok(hold);
      },
    };
  }
  const usage = { input: { ...NO_TOKENS, text: 50 }, cached: NO_TOKENS, output: { ...NO_TOKENS, text: 10 } };

  test("has the next response set aside before it begins, and settles it with its end", async () => {
    const budget = budgetOf(2);
    const payments = createAheadPayments(budget, createCallMeter(0, 10_000));
    expect(await payments.prepare(0)).toEqual({ ok: true, value: 100 });
    expect(await payments.prepare(0)).toEqual({ ok: true, value: 100 });
    expect(budget.holds).toEqual(["held"]);
    expect(await payments.begun("r1", 10)).toEqual({ ok: true });
    payments.finished({ id: "r1", usage }, 20);
    expect(budget.holds).toEqual(["settled"]);
    await payments.prepare(30);
    payments.stop();
    expect(budget.holds).toEqual(["settled", "released"]);
  });

  test("refuses a response that nobody paid for", async () => {
    const payments = createAheadPayments(budgetOf(1), createCallMeter(0, 10_000));
    await payments.prepare(0);
    expect((await payments.begun("r1", 10)).ok).toBe(true);
    expect(await payments.begun("r2", 11)).toMatchObject({ ok: false, failure: { kind: "budget_exceeded" } });
  });

  test("sets more aside where more was said than was foreseen", async () => {
    const budget = budgetOf(2);
    const meter = createCallMeter(0, 100_000);
    const payments = createAheadPayments(budget, meter);
    await payments.prepare(0);
    const content = [{ type: "input_text", text: "x".repeat(20_000) }];
    meter.heard({ type: "conversation.item.added", item: { role: "user", content } });
    expect((await payments.begun("r1", 10)).ok).toBe(true);
    expect(budget.holds).toEqual(["released", "held"]);
    expect(sumOf(budget.asked[1]?.input ?? NO_TOKENS)).toBeGreaterThan(20_000);
  });

  test("what is not told how it ended stays charged", async () => {
    const budget = budgetOf(1);
    const payments = createAheadPayments(budget, createCallMeter(0, 10_000));
    await payments.prepare(0);
    await payments.begun("r1", 10);
    payments.finished({ id: "r1" }, 20);
    payments.stop();
    expect(budget.holds).toEqual(["held"]);
  });
});

describe("what a response may take in", () => {
  test("grows with the time in which its caller may have spoken, and with what was typed", () => {
    const meter = createCallMeter(1000, 128_000);
    expect(meter.inputBound(1000)).toEqual(NO_TOKENS);
    expect(meter.inputBound(61_000)).toEqual({ ...NO_TOKENS, audio: 600 });
    meter.heard({ type: "session.updated", session: { instructions: "Be brief." } });
    expect(meter.inputBound(1000).text).toBeGreaterThan(20);
    meter.heard({ type: "conversation.item.added", item: { content: [{ type: "input_image" }] } });
    expect(meter.inputBound(1000).image).toBe(6150);
  });

  test("begins anew with what the provider counted, and never exceeds what the model reads", () => {
    const meter = createCallMeter(0, 5000);
    meter.rebase(
      { input: { text: 10, audio: 20, image: 0 }, cached: NO_TOKENS, output: { text: 3, audio: 7, image: 0 } },
      60_000,
    );
    expect(meter.inputBound(60_000)).toEqual({ text: 13, audio: 27, image: 0 });
    expect(sumOf(meter.inputBound(60_000_000))).toBe(5000);
  });
});

test.each([
  ["/v1/realtime/calls/rtc_u1_9c65", "rtc_u1_9c65"],
  ["https://api.example/openai/v1/realtime/calls/rtc_a-b?x=1", "rtc_a-b"],
  ["/v1/realtime/calls/", undefined],
  ["/v1/realtime/calls/a%2fb", undefined],
  ["/v1/realtime/calls/..", undefined],
  [undefined, undefined],
])("the provider's id in %j is %j", (location, id) => {
  expect(callIdIn(location)).toBe(id);
});
