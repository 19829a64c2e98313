import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Rig } from "../support/rig.ts";
import { ALL_WORK, OTHER_SCHEMAS, requestOf, type Work } from "../support/work.ts";
import { credentialFor, startOrgs } from "./orgs.ts";
import { leftOf, outcomeOf } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const RICH = 1_000_000;
const EVERY = [...ALL_WORK, ...OTHER_SCHEMAS].map((work) => [work.path, work.stream, work] as const);

async function ask(work: Work, limits: object): Promise<Response> {
  const init = requestOf(work);
  const headers = new Headers(init.headers);
  // What is cached costs nothing.
  headers.set("x-bt-use-cache", "never");
  headers.set("authorization", await credentialFor(rig, "plain", { limits }));
  return fetch(rig.url(work.path), { ...init, headers });
}

/** What is paid for by the second, by the picture or by the minute. */
const MEDIA = /^(images|audio)\//;

test.each(EVERY)("%s (stream: %s) is answered within limits, and not beyond", async (_, __, work) => {
  const answer = await ask(work, { tokens: RICH, requests: 5 });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  expect(leftOf(answer, "requests")).toBe(4);
  expect(leftOf(answer, "tokens")).toBeLessThanOrEqual(RICH);
  expect(await outcomeOf(ask(work, { requests: 0 }))).toBe("402 budget_exceeded");
  if (work.path !== "moderations") expect(await outcomeOf(ask(work, { tokens: 1 }))).toBe("402 budget_exceeded");
  expect(rig.standIn.requests).toHaveLength(1);
});

test.each(EVERY)("%s (stream: %s) is answered for limited money where its price is known", async (path, _, work) => {
  expect(await outcomeOf(ask(work, { usd: 1 }))).toBe(MEDIA.test(path) ? "403 unpriced_model" : "200");
  expect(rig.standIn.requests).toHaveLength(MEDIA.test(path) ? 0 : 1);
});
