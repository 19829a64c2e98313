import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Rig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { CALLER_SCHEMAS, eventsIn, GEMINI_ARRAY, MODELS } from "./callers.ts";
import { credentialFor, startOrgs } from "./orgs.ts";
import { leftOf } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const RICH = 100_000;
const MAX = 400;
const PAIRS = [...CALLER_SCHEMAS, GEMINI_ARRAY].flatMap((schema) =>
  MODELS.map(({ model }) => [schema.name, model, schema] as const),
);

describe.each(PAIRS)("a %s stream of %s", (_, model, schema) => {
  /** Sends the same request with and without orders; the second tells what the first was charged. */
  const charged = async (orders: Orders, stream = true): Promise<{ tokens: number; hold: number; text: string }> => {
    const authorization = await credentialFor(rig, "plain", { limits: { tokens: RICH } });
    const ask = async (asked: Orders, streams: boolean) => {
      const body = schema.body({ model, stream: streams, orders: asked, max: MAX });
      const answer = await rig.post(schema.path(model, streams), body, { authorization });
      const text = await answer.text();
      expect(answer.status, text).toBe(200);
      return { text, left: leftOf(answer, "tokens") };
    };
    const first = await ask(orders, stream);
    await rig.standIn.waitFor(({ closed }) => closed);
    const probe = schema.body({ model, stream: false, max: MAX });
    const answer = await rig.post(schema.path(model, false), probe, { authorization });
    const probeHold = JSON.stringify(probe).length + MAX;
    return { text: first.text, hold: RICH - first.left, tokens: RICH - probeHold - leftOf(answer, "tokens") };
  };

  test("is charged what the provider tells", async () => {
    const orders = { events: 12, usage: { input: 40, output: 31 } };
    const { tokens } = await charged(orders);
    expect(tokens).toBe(71);
    // The whole answer is charged alike.
    expect((await charged(orders, false)).tokens).toBe(71);
  });

  test("that is cut is charged what came, ends in one typed error, and costs no more than was set aside", async () => {
    const orders: Orders = { events: 50, usage: { input: 40, output: 50 }, cutAfterEvents: 30, cut: "reset" };
    const { text, tokens, hold } = await charged(orders);
    expect(schema.code(eventsIn(text).at(-1))).toBe("stream_truncated");
    expect(text).not.toContain("[DONE]");
    expect(tokens).toBeGreaterThanOrEqual(40 + 24);
    expect(tokens).toBeLessThanOrEqual(hold);
  });
});

describe.each(CALLER_SCHEMAS.map((schema) => [schema.name, schema] as const))("a caller of %s", (name, schema) => {
  const refused = async (model: string, authorization: string) => {
    const body = schema.body({ model, stream: true });
    const answer = await rig.post(schema.path(model, true), body, { authorization });
    expect(answer.headers.get("content-type")).toBe("application/json");
    const error = (await answer.json()) as { type?: string; error: { type?: string; code?: unknown; status?: string } };
    expect(schema.code(error)).toEqual(expect.any(String));
    const { type, code, status } = error.error;
    if (name === "Messages") expect(error.type).toBe("error");
    if (name === "Gemini") expect(code).toBe(answer.status);
    return [answer.status, name === "Gemini" ? status : type, schema.code(error)];
  };
  const typed = (chat: string, messages: string, gemini: string): string =>
    name === "Messages" ? messages : name === "Gemini" ? gemini : chat;

  test("reads refusals in the API's own shape", async () => {
    const poor = await credentialFor(rig, "plain", { limits: { tokens: 5 } });
    expect(await refused("gpt-4o", poor)).toEqual([
      402,
      typed("insufficient_quota", "billing_error", "INVALID_ARGUMENT"),
      "budget_exceeded",
    ]);
    const priced = await credentialFor(rig, "plain", { limits: { usd: 1 } });
    expect(await refused("unpriced", priced)).toEqual([
      403,
      typed("permission_error", "permission_error", "PERMISSION_DENIED"),
      "unpriced_model",
    ]);
    const slow = await credentialFor(rig, "plain", { limits: { requestsPerMinute: 1 } });
    await (
      await rig.post(schema.path("gpt-4o", false), schema.body({ model: "gpt-4o" }), { authorization: slow })
    ).text();
    expect(await refused("gpt-4o", slow)).toEqual([
      429,
      typed("rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"),
      "rate_limit_exceeded",
    ]);
    const forged = `${await credentialFor(rig, "plain")}x`;
    expect(await refused("gpt-4o", forged)).toEqual([
      401,
      typed("authentication_error", "authentication_error", "UNAUTHENTICATED"),
      "invalid_token",
    ]);
    expect(rig.standIn.requests).toHaveLength(1);
  });
});
