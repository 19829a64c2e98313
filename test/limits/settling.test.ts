import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Rig } from "../support/rig.ts";
import { type Orders, orderInText } from "../support/stand-in/orders.ts";
import { credentialFor, type OrgName, startOrgs } from "./orgs.ts";
import { dollars, leftOf, microsLeft, outcomeOf, priced, tally } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const RICH = 1_000_000;
type Ask = (body: string, signal?: AbortSignal) => Promise<Response>;

async function asker(limits: object, org: OrgName = "plain"): Promise<Ask> {
  const authorization = await credentialFor(rig, org, { limits });
  return (body, signal) => rig.post("chat/completions", body, { authorization, ...(signal && { signal }) });
}

/** Micro-dollars that are charged by now, of an account with `RICH`. */
async function charged(ask: Ask): Promise<number> {
  const probe = priced();
  const answer = await ask(probe.body);
  await answer.text();
  return RICH - microsLeft(answer) - probe.hold;
}

const closedAll = () => rig.standIn.waitFor(() => rig.standIn.requests.every(({ closed }) => closed));

describe("money for one request", () => {
  test.each([400, 401, 403, 404, 413, 422, 429, 500, 503])("is there again after a provider's %i", async (status) => {
    const failing = priced({ orders: { status } });
    const ask = await asker({ usd: dollars(failing.hold) });
    const outcomes = [];
    for (let count = 0; count < 3; count++) outcomes.push((await outcomeOf(ask(failing.body))).slice(0, 3));
    expect(Object.keys(tally(outcomes))).not.toContain("402");
    expect(Object.keys(tally(outcomes))).not.toContain("200");
    // The only endpoint is asked once more after what may pass.
    expect(rig.standIn.requests).toHaveLength(status === 429 || status >= 500 ? 6 : 3);
    expect(await outcomeOf(ask(priced().body))).toBe("200");
  });

  test("is there again after a provider's error inside of a 200, translated", async () => {
    const authorization = await credentialFor(rig, "plain", { limits: { tokens: 400 } });
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    const content = orderInText({ body: error });
    const body = { model: "claude-sonnet-4-5", max_tokens: 50, messages: [{ role: "user", content }] };
    const outcomes = [];
    for (let count = 0; count < 3; count++)
      outcomes.push(await outcomeOf(rig.post("chat/completions", body, { authorization })));
    expect(outcomes.map((outcome) => outcome.slice(0, 3))).toEqual(["502", "502", "502"]);
  });
});

describe("all that was set aside stays charged", () => {
  // What breaks off is asked for once more, and may have cost as much each time.
  test.each<[string, number, Orders]>([
    ["is cut", 2, { cutAfterBytes: 50 }],
    ["is cut before its headers", 2, { cutAfterBytes: 0 }],
    ["is no JSON", 1, { body: "<not json>" }],
    ["tells no usage", 1, { body: { id: "x", object: "chat.completion", choices: [] } }],
    [
      "tells a usage that none can have",
      1,
      { body: { choices: [], usage: { prompt_tokens: -9, completion_tokens: 1 } } },
    ],
  ])("where a whole answer %s", async (_, attempts, orders) => {
    const ask = await asker({ usd: dollars(RICH) });
    const one = priced({ max: 100, orders });
    await outcomeOf(ask(one.body));
    expect(await charged(ask)).toBe(attempts * one.hold);
  });

  test("where a caller leaves while a whole answer is made", async () => {
    const ask = await asker({ usd: dollars(RICH) });
    const one = priced({ max: 100, orders: { hang: true } });
    const leaving = new AbortController();
    const left = outcomeOf(ask(one.body, leaving.signal));
    await rig.standIn.waitFor(() => rig.standIn.requests.length === 1);
    leaving.abort();
    expect(await left).toBe("left");
    await closedAll();
    expect(await charged(ask)).toBe(one.hold);
  });
});

describe("of a stream that does not end, what the provider wrote is charged at least, and never more than was set aside", () => {
  const ENDS: readonly (readonly [string, Orders])[] = [
    ["reset", { cutAfterEvents: 20, cut: "reset" }],
    ["closed", { cutAfterEvents: 20, cut: "fin" }],
    ["ended early", { cutAfterEvents: 20, cut: "clean-end-without-done" }],
    ["ended by an error", { errorInStream: 20 }],
  ];

  test.each(ENDS)("when it is %s", async (_, orders) => {
    const ask = await asker({ usd: dollars(RICH) });
    const one = priced({ output: 50, max: 500, fields: { stream: true }, orders });
    expect(await outcomeOf(ask(one.body))).toBe("200");
    await closedAll();
    const sum = await charged(ask);
    expect(sum).toBeGreaterThanOrEqual(one.cost - 31 * 10);
    expect(sum).toBeLessThanOrEqual(one.hold);
  });

  test("when its caller leaves", async () => {
    const ask = await asker({ usd: dollars(RICH) });
    const one = priced({ output: 50, max: 500, fields: { stream: true }, orders: { gate: "left" } });
    const leaving = new AbortController();
    rig.standIn.gate("left").allow(20);
    const left = outcomeOf(ask(one.body, leaving.signal));
    await rig.standIn.waitFor(({ eventsSent }) => eventsSent === 20);
    leaving.abort();
    expect(await left).toBe("left");
    await closedAll();
    const sum = await charged(ask);
    expect(sum).toBeGreaterThanOrEqual(one.cost - 31 * 10);
    expect(sum).toBeLessThanOrEqual(one.hold);
  });
});

describe("the usage that a stream is asked for by the server", () => {
  const streamed = (fields: object) => priced({ fields: { stream: true, ...fields } }).body;

  test.each([{}, { stream_options: { include_usage: false } }, { stream_options: {} }, { stream_options: null }])(
    "is not shown to a caller with %j",
    async (fields) => {
      const ask = await asker({ usd: dollars(RICH) });
      const text = await (await ask(streamed(fields))).text();
      expect(rig.standIn.requests[0]?.fields).toMatchObject({ stream_options: { include_usage: true } });
      expect(rig.standIn.requests[0]?.answer.toString()).toContain('"usage":{');
      expect(text).not.toContain('"usage":{');
      expect(text).toMatch(/data: \[DONE\]\s*$/);
    },
  );

  test("is shown to a caller who asks for it, byte by byte as it came", async () => {
    const ask = await asker({ usd: dollars(RICH) });
    const text = await (await ask(streamed({ stream_options: { include_usage: true } }))).text();
    expect(text).toContain('"usage":{');
    expect(text).toBe(rig.standIn.requests[0]?.answer.toString());
  });
});

describe("of two endpoints of which the first cannot be reached", () => {
  test("the second gets money of its own, and the first keeps what was set aside for it", async () => {
    const one = priced({ output: 10, max: 100 });
    const ask = await asker({ usd: dollars(RICH) }, "half");
    expect(await outcomeOf(ask(one.body))).toBe("200");
    expect(rig.standIn.requests).toHaveLength(1);
    const probe = priced();
    const answer = await ask(probe.body);
    await answer.text();
    expect(RICH - microsLeft(answer) - probe.hold).toBe(one.hold + one.cost);
  });

  test("the second is not asked where the money does not reach for both", async () => {
    const one = priced();
    const ask = await asker({ usd: dollars(2 * one.hold - 1) }, "half");
    expect(await outcomeOf(ask(one.body))).toBe("502 upstream_unreachable");
    expect(rig.standIn.requests).toHaveLength(0);
  });

  test("a caller's request is one, of all and in a minute", async () => {
    const ask = await asker({ requests: 1, requestsPerMinute: 1 }, "half");
    const answer = await ask(priced().body);
    expect([answer.status, leftOf(answer, "requests")]).toEqual([200, 0]);
  });
});
