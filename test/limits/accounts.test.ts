import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Rig } from "../support/rig.ts";
import { chat } from "../support/work.ts";
import { CAP, credentialFor, type OrgName, startOrgs } from "./orgs.ts";
import { dollars, leftOf, microsLeft, outcomeOf, priced } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

interface Spender {
  ask(body: object | string): Promise<Response>;
  outcome(body: object | string): Promise<string>;
}

async function spender(order: object, org: OrgName = "plain"): Promise<Spender> {
  const authorization = await credentialFor(rig, org, order);
  const ask = (body: object | string) => rig.post("chat/completions", body, { authorization });
  return { ask, outcome: (body) => outcomeOf(ask(body)) };
}

const OK = "200";
const SPENT = "402 budget_exceeded";

describe("a limit", () => {
  test("of requests counts each that is let through", async () => {
    const { outcome } = await spender({ limits: { requests: 2 } });
    expect([await outcome(chat()), await outcome(chat()), await outcome(chat())]).toEqual([OK, OK, SPENT]);
    expect(rig.standIn.requests).toHaveLength(2);
  });

  test("of tokens counts what was used, and holds what may be", async () => {
    const body = chat({ usage: { input: 10, output: 10 } }, { max_tokens: 10 });
    const bytes = JSON.stringify(body).length;
    const { ask } = await spender({ limits: { tokens: bytes + 10 + 25 } });
    const left = [];
    for (let count = 0; count < 2; count++) {
      const answer = await ask(body);
      left.push([answer.status, leftOf(answer, "tokens")]);
    }
    expect(left).toEqual([
      [200, 25],
      [200, 5],
    ]);
    expect(await outcomeOf(ask(body))).toBe(SPENT);
  });

  test("of money counts what was charged, to the micro-dollar", async () => {
    const one = priced({ output: 7, max: 20, inputShare: 0.7 });
    const { ask } = await spender({ limits: { usd: dollars(one.hold + 3 * one.cost) } });
    const left: number[] = [];
    for (let count = 0; count < 4; count++) {
      const answer = await ask(one.body);
      expect(answer.status).toBe(200);
      left.push(microsLeft(answer));
    }
    expect(left).toEqual([3, 2, 1, 0].map((times) => times * one.cost));
    expect(await outcomeOf(ask(one.body))).toBe(SPENT);
  });

  test("of money counts streams alike", async () => {
    const one = priced({ output: 7, max: 20, inputShare: 0.7, fields: { stream: true } });
    const { ask } = await spender({ limits: { usd: dollars(one.hold + 2 * one.cost) } });
    const left: number[] = [];
    for (let count = 0; count < 3; count++) {
      const answer = await ask(one.body);
      await answer.text();
      left.push(microsLeft(answer));
    }
    expect(left).toEqual([2, 1, 0].map((times) => times * one.cost));
    expect(await outcomeOf(ask(one.body))).toBe(SPENT);
  });

  test("of tokens for one request refuses more than it allows, and nothing less", async () => {
    const { outcome } = await spender({ limits: { maxTokensPerRequest: 100 } });
    expect(await outcome(chat({}, { max_tokens: 101 }))).toBe(SPENT);
    expect(await outcome(chat({}, { max_completion_tokens: 101 }))).toBe(SPENT);
    expect(rig.standIn.requests).toHaveLength(0);
    expect(await outcome(chat({}, { max_tokens: 100 }))).toBe(OK);
    expect(await outcome(chat())).toBe(OK);
    expect(rig.standIn.requests.map(({ fields }) => fields.max_tokens)).toEqual([100, 100]);
  });

  test("of requests in a minute says when to come again, and how many are left", async () => {
    const { ask } = await spender({ limits: { requestsPerMinute: 2 } });
    const answers = [await ask(chat()), await ask(chat())];
    const refused = await ask(chat());
    answers.push(refused);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get("x-ratelimit-limit-requests"))).toEqual(["2", "2", "2"]);
    expect(answers.map(({ headers }) => headers.get("x-ratelimit-remaining-requests"))).toEqual(["1", "0", "0"]);
    for (const { headers } of answers) expect(headers.get("x-ratelimit-reset-requests")).toMatch(/^(1m[01]s|\d+s)$/);
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(61);
    const { error } = (await refused.json()) as { error: object };
    expect(error).toMatchObject({ type: "rate_limit_error", code: "rate_limit_exceeded" });
    expect(rig.standIn.requests).toHaveLength(2);
  });

  test("that is spent says what is left", async () => {
    const one = priced();
    const { ask } = await spender({ limits: { usd: dollars(one.hold + 1) } });
    await (await ask(one.body)).text();
    const refused = await ask(one.body);
    expect([refused.status, microsLeft(refused)]).toEqual([402, 1]);
  });
});

/** Every period ends with an hour: none does in the seconds after this. */
async function clearOfPeriodEnds(): Promise<void> {
  while (HOUR_MS - (Date.now() % HOUR_MS) < 10_000) await sleep(100);
}
const HOUR_MS = 60 * 60 * 1000;

describe.each(["hour", "day", "month", "total"] as const)("a limit by the %s", (per) => {
  test("holds for a subject's credentials together, and for no one else's", async () => {
    await clearOfPeriodEnds();
    const limits = { requests: 3, per };
    const subject = `someone-by-${per}`;
    const [one, two] = [await spender({ subject, limits }), await spender({ subject, limits })];
    const outcomes = [await one.outcome(chat()), await two.outcome(chat()), await one.outcome(chat())];
    expect(outcomes).toEqual([OK, OK, OK]);
    expect([await one.outcome(chat()), await two.outcome(chat())]).toEqual([SPENT, SPENT]);
    const later = await spender({ subject, limits });
    expect(await later.outcome(chat())).toBe(SPENT);
    const other = await spender({ subject: `${subject}-2`, limits });
    expect(await other.outcome(chat())).toBe(OK);
  });
});

test("a limit by the credential holds for each alone", async () => {
  const order = { subject: "same", limits: { requests: 1 } };
  const [one, two] = [await spender(order), await spender(order)];
  expect([await one.outcome(chat()), await two.outcome(chat())]).toEqual([OK, OK]);
  expect([await one.outcome(chat()), await two.outcome(chat())]).toEqual([SPENT, SPENT]);
});

test("when money that is counted anew will be there is said", async () => {
  const { ask } = await spender({ subject: "early", limits: { requests: 0, per: "day" } });
  const { error } = (await (await ask(chat())).json()) as { error: { message: string } };
  expect(error.message).toMatch(/anew from \d{4}-\d\d-\d\dT00:00:00\.000Z/);
});

describe("an organisation's own limit", () => {
  test("holds for all its credentials together, those without limits included", async () => {
    const one = priced();
    const outcomes: string[] = [];
    for (let count = 0; count < 7; count++) {
      const limits = count % 2 === 0 ? { limits: { usd: dollars(CAP) } } : {};
      const { outcome } = await spender({ subject: `member ${count}`, ...limits }, "capped");
      outcomes.push(await outcome(one.body));
    }
    expect(outcomes).toEqual([OK, OK, OK, OK, OK, SPENT, SPENT]);
    expect(rig.standIn.requests).toHaveLength(5);
    const { outcome } = await spender({ limits: { usd: dollars(CAP) } });
    expect(await outcome(one.body)).toBe(OK);
  });

  test("bounds what one request may take, and how many there are in a minute", async () => {
    const outcomes: string[] = [];
    for (const max_tokens of [51, 50, undefined, 10, 10]) {
      const { outcome } = await spender(
        { subject: `one of ${max_tokens}`, limits: { maxTokensPerRequest: 90 } },
        "narrow",
      );
      outcomes.push(await outcome(chat({}, { max_tokens })));
    }
    expect(outcomes).toEqual([SPENT, OK, OK, OK, "429 rate_limit_exceeded"]);
    expect(rig.standIn.requests.map(({ fields }) => fields.max_tokens)).toEqual([50, 50, 10]);
  });
});

describe("where money is limited", () => {
  const money = { limits: { usd: 1 } };

  test.each<[string, object]>([
    ["a model without a price", { model: "unpriced" }],
    ["a model that is charged by more than its tokens", { model: "gpt-4o-audio-preview" }],
  ])("%s is refused", async (_, fields) => {
    const { outcome } = await spender(money);
    expect(await outcome(chat({}, fields))).toBe("403 unpriced_model");
    expect(rig.standIn.requests).toHaveLength(0);
  });

  test("a price that the configuration gives will do, and no price where only tokens are limited", async () => {
    expect(await (await spender(money)).outcome(chat({}, { model: "silent" }))).toBe(OK);
    expect(await (await spender({ limits: { tokens: 10_000 } })).outcome(chat({}, { model: "unpriced" }))).toBe(OK);
  });
});

test("limits of all kinds are told together, each by its tightest account", async () => {
  const one = priced({ output: 10, max: 20 });
  const { ask } = await spender({ limits: { usd: dollars(2 * CAP), tokens: 5000, requests: 9, requestsPerMinute: 5 } });
  const answer = await ask(one.body);
  const bytes = one.body.length;
  expect(leftOf(answer, "requests")).toBe(8);
  expect(leftOf(answer, "tokens")).toBe(5000 - bytes - 20);
  expect(microsLeft(answer)).toBe(2 * CAP - one.hold);
  expect(answer.headers.get("x-ratelimit-remaining-requests")).toBe("4");
});

test("a request that is refused for its form is not counted", async () => {
  const { ask } = await spender({ limits: { requests: 1 } });
  expect((await ask({ model: "gpt-4o" })).status).toBe(400);
  expect((await ask(chat({}, { model: "no-such-model" }))).status).toBe(404);
  expect((await ask(chat())).status).toBe(200);
});
