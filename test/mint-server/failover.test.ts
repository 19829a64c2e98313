import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { codeOf } from "../support/failure.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
import { chat } from "../support/work.ts";

const PROJECT_KEY = "project-key-of-the-failover-test";
const authorization = `Bearer ${PROJECT_KEY}`;

let rig: Rig;
let other: StandIn;

beforeAll(async () => {
  other = await startStandIn();
  // Nobody listens at port 9 of this machine. It is heavier by far, so nearly every request tries it first.
  const endpoints = [
    { name: "dead", provider: "openai", apiKey: "sk-dead", baseURL: "http://127.0.0.1:9/v1", weight: 1000 },
    { name: "alive", provider: "openai", apiKey: "sk-alive", baseURL: other.url },
    { name: "picky", provider: "openai", apiKey: "sk-picky", baseURL: other.url, models: ["gpt-5"] },
  ];
  const twins = ["first", "second"].map((name) => ({
    name,
    provider: "openai",
    apiKey: "sk-twin",
    baseURL: other.url,
  }));
  const orgs = { acme: { keys: [PROJECT_KEY], endpoints }, twins: { keys: [PROJECT_KEY], endpoints: twins } };
  rig = await startRig({ settings: { MINT_CONFIG: JSON.stringify({ orgs }) } });
});
afterAll(async () => {
  await rig.stop();
  await other.stop();
});
beforeEach(() => {
  other.requests.length = 0;
});

test("an endpoint that cannot be reached is passed over, and the next gets the very same body", async () => {
  for (let count = 0; count < 20; count++) {
    const asked = chat({}, { user: `caller ${count}` });
    const answer = await rig.post("chat/completions", asked, { authorization });
    expect([answer.status, answer.headers.get("x-bt-used-endpoint")]).toEqual([200, "alive"]);
    expect(other.requests.at(-1)?.body.toString()).toBe(JSON.stringify(asked));
  }
  expect(other.requests).toHaveLength(20);
});

test("an endpoint that the caller names, and that another's model is not at, is the error; a model at none is its own", async () => {
  const headers = { "x-bt-endpoint-name": "picky" };
  const codeFor = async (model: string) => {
    const answer = await rig.post("chat/completions", chat({}, { model }), { authorization, headers });
    return [answer.status, codeOf(await answer.json())];
  };
  expect(await codeFor("gpt-4o")).toEqual([404, "endpoint_not_found"]);
  expect(await codeFor("nobodys-model")).toEqual([404, "model_not_found"]);
  expect(other.requests).toEqual([]);
});

test("an endpoint that the caller names is the only one tried", async () => {
  const headers = { "x-bt-endpoint-name": "dead" };
  // Of another model: with the first one its breaker is open by now.
  const asked = chat({}, { model: "gpt-4o-mini" });
  const answer = await rig.post("chat/completions", asked, { authorization, headers });
  expect([answer.status, answer.headers.get("x-bt-used-endpoint")]).toEqual([502, "dead"]);
  expect(other.requests).toEqual([]);
});

test.each([
  [400, 1],
  [413, 1],
  [422, 1],
  [429, 2],
  [500, 2],
])("a provider's %i reaches %i of two endpoints", async (status, reached) => {
  const headers = { "x-bt-org-name": "twins" };
  const answer = await rig.post("chat/completions", chat({ status }), { authorization, headers });
  expect(answer.status).toBe(status === 500 ? 502 : status);
  expect(other.requests).toHaveLength(reached);
});
