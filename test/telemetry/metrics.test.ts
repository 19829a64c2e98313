import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf } from "../support/failure.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

const METRICS_KEY = "the-key-of-those-who-read-metrics-0123";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ settings: { METRICS_KEY } });
});
afterAll(() => rig.stop());

const read = (key?: string) =>
  fetch(`${rig.server.url}/metrics`, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });

/** Samples by name and labels, checked line by line against the text format. */
async function samples(): Promise<ReadonlyMap<string, number>> {
  const answer = await read(METRICS_KEY);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const found = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of (await answer.text()).split("\n").filter(Boolean)) {
    const [, name, type] = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) {
      expect(types.has(name), line).toBe(false);
      types.set(name, type);
      continue;
    }
    if (/^# HELP [a-zA-Z_:][\w:]* \S/.test(line)) continue;
    const [, sample, family = "", value] =
      /^((\w+)(?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})?) (\S+)$/.exec(line) ?? [];
    if (sample === undefined) throw new Error(`no line of the text format: ${line}`);
    expect(types.has(family) || types.get(family.replace(/_(bucket|sum|count)$/, "")) === "histogram", line).toBe(true);
    expect(found.has(sample), line).toBe(false);
    found.set(sample, Number(value));
  }
  return found;
}

const ask = (body: object, headers: Record<string, string> = {}) =>
  rig
    .post("chat/completions", body, { headers: { "x-bt-use-cache": "never", ...headers } })
    .then((answer) => answer.text());

const OF_MODEL = 'model="gpt-4o",endpoint="openai"';

describe("metrics", () => {
  test("are for those alone who have their key", async () => {
    expect([(await read()).status, (await read("another-key-of-the-same-length-0123456")).status]).toEqual([401, 401]);
    expect((await read(rig.server.projectKey)).status).toBe(401);
    expect((await read(METRICS_KEY)).status).toBe(200);
  });

  test("count requests, tokens, cost and time, by model and endpoint", async () => {
    const usage = { input: 100, output: 20 };
    await Promise.all([
      ask(chat({ usage })),
      ask(chat({ usage }, { stream: true })),
      ask(chat({ status: 400, body: {} })),
    ]);
    const counted = (status: number) =>
      `mintgate_requests_total{route="/chat/completions",${OF_MODEL},status="${status}",cached="none"}`;
    await expect
      .poll(async () => [(await samples()).get(counted(200)), (await samples()).get(counted(400))])
      .toEqual([2, 1]);
    const now = await samples();
    expect(now.get(`mintgate_tokens_total{${OF_MODEL},type="input"}`)).toBe(200);
    expect(now.get(`mintgate_tokens_total{${OF_MODEL},type="output"}`)).toBe(40);
    expect(now.get(`mintgate_cost_usd_total{${OF_MODEL}}`)).toBeCloseTo(2 * (100 * 2.5 + 20 * 10) * 1e-6, 9);
    expect(now.get(`mintgate_request_seconds_count{route="/chat/completions",${OF_MODEL}}`)).toBe(3);
    expect(now.get(`mintgate_request_seconds_bucket{route="/chat/completions",${OF_MODEL},le="+Inf"}`)).toBe(3);
    expect(now.get(`mintgate_first_token_seconds_count{${OF_MODEL}}`)).toBe(1);
    expect(now.get('mintgate_failures_total{kind="upstream_error"}')).toBe(1);
    expect(now.get('mintgate_attempts_total{endpoint="openai",outcome="ok"}')).toBe(2);
    expect(
      now.get(
        `mintgate_breaker_state{org="default",endpoint="openai",model="gpt-4o",seen_by="instance",state="closed"}`,
      ),
    ).toBe(1);
    expect(now.get("mintgate_requests_under_way")).toBe(0);
  });

  test("count revocations, and what the cache does", async () => {
    const body = chat({}, { temperature: 0, seed: 11 });
    await ask(body, { "x-bt-use-cache": "auto" });
    await ask(body, { "x-bt-use-cache": "auto" });
    await rig.post("credentials/revoke", { jti: "none" }).then((answer) => answer.text());
    await expect.poll(async () => (await samples()).get("mintgate_revocations_total")).toBe(1);
    const now = await samples();
    expect(
      (now.get('mintgate_cache_lookups_total{result="hits"}') ?? 0) +
        (now.get('mintgate_cache_lookups_total{result="misses"}') ?? 0),
    ).toBe(2);
  });

  test("have no series for models that nobody serves", async () => {
    await ask(chat({}, { model: 'made "up"\n' }));
    await expect.poll(async () => (await samples()).get('mintgate_failures_total{kind="model_not_found"}')).toBe(1);
    expect([...(await samples()).keys()].join()).not.toContain("made");
  });
});

test("without a key for them there are none", async () => {
  const other = await startRig();
  try {
    const answer = await fetch(`${other.server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_KEY}` } });
    expect([answer.status, codeOf(await answer.json())]).toEqual([404, "path_not_found"]);
  } finally {
    await other.stop();
  }
});
