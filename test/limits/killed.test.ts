import { afterAll, beforeAll, expect, test } from "vitest";
import { type GroupServer, startGroup } from "./group-server.ts";
import { spendAcrossKills } from "./killed.ts";
import { outcomeOf } from "./priced.ts";

let group: GroupServer;
beforeAll(async () => {
  group = await startGroup();
});
afterAll(() => group.stop());

test("of 500 spread over five `kill -9`, at most ten reach the provider with money for ten", async () => {
  const { reached, cost, limit, outcomes } = await spendAcrossKills(group, {
    size: 500,
    kills: 5,
    seed: 1,
    exact: true,
  });
  expect(reached).toBeGreaterThan(0);
  expect(reached).toBeLessThanOrEqual(10);
  expect(cost).toBeLessThanOrEqual(limit);
  expect(outcomes).toHaveLength(504);
  expect(outcomes).toContain("402 budget_exceeded");
});

test("money that is left when the server is killed is there for those who come after, and no more", async () => {
  const spread = { size: 120, atOnce: 2, kills: 5, seed: 2, exact: true };
  const { lives, reached, cost, limit } = await spendAcrossKills(group, spread);
  expect(lives).toBeGreaterThan(1);
  expect(reached).toBeLessThanOrEqual(10);
  expect(cost).toBeLessThanOrEqual(limit);
});

test("a revocation outlives a `kill -9`", async () => {
  const body = { model: "gpt-4o", messages: [{ role: "user", content: "Hello" }] };
  const asking = async (key: string) => outcomeOf(group.post("chat/completions", body, { key }));
  const order = { subject: "gone", ttl_seconds: 3600 };
  const [free, limited] = [await group.issue(order), await group.issue({ ...order, limits: { requests: 5 } })];
  const other = await group.issue({ ...order, subject: "here", limits: { requests: 5 } });
  expect([await asking(free), await asking(limited), await asking(other)]).toEqual(["200", "200", "200"]);
  expect((await group.post("credentials/revoke", { subject: "gone" })).status).toBe(200);
  await group.kill();
  await group.start();
  expect([await asking(free), await asking(limited)]).toEqual(["401 invalid_token", "401 invalid_token"]);
  expect(await asking(other)).toBe("200");
});
