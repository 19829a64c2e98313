import { expect, test } from "vitest";
import { checkFlood, flood } from "./many-subjects.ts";

test("anonymous subjects, however many, spend no more than their organisation's cap", async () => {
  const order = { subjects: 60, networks: 10, perMinute: 60, requests: 12 };
  const outcome = await flood(order);
  checkFlood(order, outcome);
  expect(outcome).toMatchObject({ entered: 60, reached: 12, outcomes: { "200": 12, "402 budget_exceeded": 48 } });
});

test("nor where they are spread over four ledgers; and of what one leaves unused the others get what they need", async () => {
  const order = { subjects: 60, networks: 10, perMinute: 60, requests: 12, shards: 4 };
  const outcome = await flood(order);
  checkFlood(order, outcome);
  expect(outcome.entered).toBe(60);
  expect(outcome.reached).toBeGreaterThanOrEqual(9);
});

test("of one network, no more enter in a minute than its door lets in, and none who stays outside is served", async () => {
  const order = { subjects: 40, networks: 2, perMinute: 5, requests: 100 };
  const outcome = await flood(order);
  checkFlood(order, outcome);
  expect(outcome.entered).toBeGreaterThanOrEqual(10);
  expect(outcome.reached).toBe(outcome.entered);
});
