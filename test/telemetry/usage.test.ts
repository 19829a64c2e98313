import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf } from "../support/failure.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

const ADMIN_KEY = "the-admin-key-of-those-who-look-0123456";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ settings: { ADMIN_KEY } });
});
afterAll(() => rig.stop());

const get = async (path: string, authorization: string) => {
  const answer = await fetch(rig.url(path), { headers: { authorization } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

async function spend(authorization: string): Promise<void> {
  const usage = { input: 100, output: 20 };
  const body = chat({ usage }, { max_tokens: 50 });
  const answer = await rig.post("chat/completions", body, { authorization, headers: { "x-bt-use-cache": "never" } });
  expect(answer.status, await answer.text()).toBe(200);
}

const LIMITS = { requests: 10, tokens: 100_000, usd: 1, per: "day" } as const;
const USED = { requests: 1, tokens: 120, usd: 0.00045 };

test("a caller sees what its subject has used of which limit today, and nobody else's", async () => {
  const [one, other] = await Promise.all(
    ["one", "other"].map(async (subject) => `Bearer ${(await rig.issue({ subject, limits: LIMITS })).key}`),
  );
  await spend(one ?? "");
  const day = new Date().toISOString().slice(0, 10);
  const limit = { requests: 10, tokens: 100_000, usd: 1 };
  expect(await get("usage", one ?? "")).toEqual({
    status: 200,
    body: {
      object: "usage",
      subject: expect.stringContaining("one"),
      data: [{ of: "subject", period: `day:${day}`, used: USED, limit }],
    },
  });
  expect((await get("usage", other ?? "")).body.data).toMatchObject([{ used: { requests: 0, tokens: 0, usd: 0 } }]);
});

test("for a caller without limits nothing is counted", async () => {
  expect((await get("usage", `Bearer ${rig.server.projectKey}`)).body).toMatchObject({ object: "usage", data: [] });
});

test("an admin sees any subject of any organisation, by the day", async () => {
  const { key, subject } = await rig.issue({ subject: "seen", limits: LIMITS });
  await spend(`Bearer ${key}`);
  const admin = `Bearer ${ADMIN_KEY}`;
  const path = `admin/usage?org=default&subject=${encodeURIComponent(subject)}`;
  expect((await get(path, admin)).body).toMatchObject({ org: "default", subject, used: USED });
  expect((await get(`${path}&day=2020-01-01`, admin)).body).toMatchObject({ used: { requests: 0 } });
  const wrong = await get(`${path}&day=yesterday`, admin);
  expect([wrong.status, codeOf(wrong.body)]).toEqual([400, "invalid_value"]);
  expect((await get(path, `Bearer ${key}`)).status).toBe(401);
});
