import { afterAll, beforeAll, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

const ADMIN_KEY = "the-admin-key-of-those-who-look-0123456";
const METRICS_KEY = "the-key-of-those-who-read-metrics-0123";
const PROBE_SECONDS = 600;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    settings: { ADMIN_KEY, METRICS_KEY },
    config: (baseURL) => {
      const at = {
        provider: "openai",
        apiKey: "sk-any",
        baseURL,
        breaker: { failuresInARow: 1, probeAfterSeconds: 600 },
      };
      const endpoints = [{ ...at, name: "one" }];
      return { orgs: { default: { endpoints, keys: ["project-key-of-the-default"] }, other: { endpoints } } };
    },
  });
});
afterAll(() => rig.stop());

const authorization = "Bearer project-key-of-the-default";

interface Instance {
  readonly instance: { readonly health: readonly object[] };
}

async function health(org: string, model: string): Promise<readonly object[]> {
  const answer = await fetch(rig.url(`admin/usage?org=${org}`), { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  const { instance } = (await answer.json()) as Instance;
  return instance.health.filter((row) => "model" in row && row.model === model);
}

async function sample(name: string, labels: string): Promise<number> {
  const answer = await fetch(`${rig.server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_KEY}` } });
  const line = (await answer.text()).split("\n").find((each) => each.startsWith(`${name}{${labels}}`));
  return Number(line?.split(" ").at(-1));
}

const SOUND = {
  endpoint: "one",
  state: "closed",
  until: null,
  failures_in_a_row: 0,
  first_byte_ms: expect.any(Number),
};

test.each([
  // A request that others may share is led by the object that has answers under way; any other by the instance.
  ["answers", { temperature: 0 }, "always"],
  ["instance", {}, "never"],
])("an endpoint's health is told, as %s sees it", async (seenBy, fields, cache) => {
  const headers = { "x-bt-use-cache": cache };
  const ask = async (model: string, orders: object) =>
    (await rig.post("chat/completions", chat(orders, { model, ...fields }), { authorization, headers })).status;
  const of = (model: string) => `org="default",endpoint="one",model="${model}",seen_by="${seenBy}"`;

  const [sound, broken, refused] = ["sound", "broken", "refused"].map((name) => `gpt-4o-${name}-${seenBy}`);
  if (!sound || !broken || !refused) throw new Error("three models");
  expect(await ask(sound, {})).toBe(200);
  expect(await health("default", sound)).toEqual([{ ...SOUND, model: sound, seen_by: seenBy }]);
  expect(await sample("mintgate_endpoint_cooldown_seconds", of(sound))).toBe(0);

  expect(await ask(broken, { status: 500 })).toBe(502);
  const [row] = (await health("default", broken)) as { readonly until: string }[];
  expect(row).toMatchObject({ state: "open", failures_in_a_row: 1, seen_by: seenBy });
  expect(new Date(row?.until ?? 0).getTime()).toBeGreaterThan(Date.now());
  const cooldown = await sample("mintgate_endpoint_cooldown_seconds", of(broken));
  expect(cooldown).toBeGreaterThan(0);
  expect(cooldown).toBeLessThanOrEqual(PROBE_SECONDS);
  expect(await sample("mintgate_endpoint_failures_in_a_row", of(broken))).toBe(1);

  expect(await ask(refused, { status: 403 })).toBe(502);
  expect(await health("default", refused)).toMatchObject([{ state: "quarantined", seen_by: seenBy }]);
  expect(await sample("mintgate_breaker_state", `${of(refused)},state="quarantined"`)).toBe(1);
  expect(await health("other", broken)).toEqual([]);
});
