import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Knock, knockAt } from "../support/door.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";
import { type Reply, type Siteverify, startSiteverify } from "../support/session-hosts.ts";

const SECRET_KEY = "0x4AAAAAAA-canary-of-the-verifier";
const WRONG_KEY_ORIGIN = "https://wrong-key.example";

let rig: Rig;
let verifier: Siteverify;
let client: DpopClient;

beforeAll(async () => {
  verifier = await startSiteverify(SECRET_KEY);
  rig = await startRig({
    settings: { TURNSTILE_SECRET: SECRET_KEY },
    config: (baseURL) => {
      const endpoints = [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL }];
      const turnstile = { type: "turnstile", verifyURL: verifier.url };
      const right = { ...turnstile, secretKey: "$TURNSTILE_SECRET", hostnames: ["app.example"] };
      const wrong = { ...turnstile, secretKey: "another" };
      return {
        orgs: {
          default: { origins: [APP_ORIGIN], endpoints, sessions: { authorize: right } },
          wrong: { origins: [WRONG_KEY_ORIGIN], endpoints, sessions: { authorize: wrong } },
        },
      };
    },
  });
});
afterAll(async () => {
  await rig.stop();
  await verifier.stop();
});
beforeEach(async () => {
  client = await createDpopClient();
  verifier.asked.length = 0;
});

const knock = (asked: Partial<Knock> = {}) => knockAt(rig, { who: client, ...asked });
const knockWith = (token: string, asked: Partial<Knock> = {}) => knock({ body: JSON.stringify({ token }), ...asked });

describe("the door with a challenge opens to a solved one", () => {
  test.each<[string, (token: string) => Partial<Knock>]>([
    ["in the body", (token) => ({ body: JSON.stringify({ token }) })],
    ["in a header of its own", (token) => ({ headers: { "x-mintgate-challenge": token } })],
    ["where the worker puts it", (token) => ({ headers: { authorization: `Bearer ${token}` } })],
  ])("%s", async (_, asked) => {
    const token = verifier.solve();
    const { status, issued } = await knock(asked(token));
    expect([status, issued.token_type, issued.subject]).toEqual([200, "DPoP", `anonymous:${client.jkt}`]);
    expect(verifier.asked).toEqual([token]);
  });
});

describe("it stays shut", () => {
  const shut = (code: string, status = 401) => ({ status, code });

  test("without one, and asks nobody", async () => {
    for (const body of ["{}", '{"token":null}'])
      expect(await knock({ body })).toMatchObject(shut("challenge_required"));
    expect(await knock({ body: '{"token":7}' })).toMatchObject(shut("invalid_value", 400));
    expect(await knock({ body: '{"token":""}' })).toMatchObject(shut("invalid_value", 400));
    expect(verifier.asked).toEqual([]);
  });

  test("to one that nobody solved, or that is too long to be asked about", async () => {
    expect(await knockWith("0.invented")).toMatchObject(shut("challenge_refused"));
    expect(await knockWith("x".repeat(9000))).toMatchObject(shut("challenge_refused"));
    expect(verifier.asked).toEqual(["0.invented"]);
  });

  test("to one that was solved elsewhere", async () => {
    for (const hostname of ["evil.test", "app.example.evil.test", ""])
      expect(await knockWith(verifier.solve(hostname))).toMatchObject(shut("challenge_refused"));
  });

  test("to one that was used, by whomever", async () => {
    const token = verifier.solve();
    expect((await knockWith(token)).status).toBe(200);
    expect(await knockWith(token)).toMatchObject(shut("challenge_refused"));
    expect(await knockWith(token, { who: await createDpopClient() })).toMatchObject(shut("challenge_refused"));
  });

  test("to all but one of those who come at once, even if the verifier says yes to each", async () => {
    const yes: Reply = { body: { success: true, hostname: "app.example" } };
    verifier.next.push(...Array.from({ length: 8 }, () => yes));
    const clients = await Promise.all(Array.from({ length: 8 }, () => createDpopClient()));
    const answers = await Promise.all(clients.map((who) => knockWith("0.one-for-all", { who })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)]);
  });

  test("without a proof, and uses the challenge for nothing", async () => {
    const headers = { "content-type": "application/json", origin: APP_ORIGIN };
    const token = verifier.solve();
    const answer = await fetch(rig.url("credentials/session"), {
      method: "POST",
      headers,
      body: JSON.stringify({ token }),
    });
    expect(answer.status).toBe(401);
    expect(verifier.asked).toEqual([]);
    expect((await knockWith(token)).status).toBe(200);
  });

  test.each<[string, Reply]>([
    ["breaks the connection", { breaks: true }],
    ["fails", { status: 503, body: { success: true, hostname: "app.example" } }],
    ["sends a page", { body: "<html>ok</html>" }],
    ["sends on", { status: 302, headers: { location: "https://evil.test/yes" }, body: { success: true } }],
    ["sends more than was agreed", { body: { success: true, hostname: "app.example", more: "x".repeat(100_000) } }],
    ["is out of order", { body: { success: false, "error-codes": ["internal-error"] } }],
    ["sends a list", { body: [{ success: true }] }],
  ])("while the verifier %s", async (_, reply) => {
    verifier.next.push(reply);
    expect(await knockWith(verifier.solve())).toMatchObject(shut("session_unchecked", 503));
  });

  test.each<[string, Reply]>([
    ["a yes that is a text", { body: { success: "true", hostname: "app.example" } }],
    ["a yes that is a number", { body: { success: 1, hostname: "app.example" } }],
    ["a yes with status 400", { status: 400, body: { success: true, hostname: "app.example" } }],
  ])("to %s", async (_, reply) => {
    verifier.next.push(reply);
    expect(await knockWith(verifier.solve())).toMatchObject(shut("challenge_refused"));
  });

  test("where the secret key is wrong, which is told to the log and nobody else", async () => {
    expect(await knockWith(verifier.solve(), { origin: WRONG_KEY_ORIGIN })).toMatchObject(
      shut("session_unchecked", 503),
    );
    expect(rig.server.output()).toContain("the verifier of challenges answered invalid-input-secret");
  });
});

test("neither the secret key nor a challenge is in the log", async () => {
  expect((await knockWith(verifier.solve())).status).toBe(200);
  expect(rig.server.output()).not.toMatch(/canary/);
});
