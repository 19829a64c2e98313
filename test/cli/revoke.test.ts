import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { SERVER_KEY } from "../support/rig.ts";
import { serve, type TestServer } from "../support/serve.ts";
import { answering } from "./answering.ts";
import { credential, errorLine } from "./terminal.ts";

const KEY = "canary-project-key-91c7e2";

describe("a server that runs here", () => {
  let server: TestServer;
  let atHand: Readonly<Record<string, string>>;
  beforeAll(async () => {
    server = await serve({ settings: { OPENAI_API_KEY: SERVER_KEY } });
    atHand = { MINTGATE_STATE: server.stateFolder, PORT: new URL(server.url).port };
  });
  afterAll(() => server.stop());

  const issue = async (subject: string) =>
    (await credential(["issue", "--subject", subject], { env: atHand })).stdout.trim();

  async function status(key: string): Promise<number> {
    const answer = await fetch(`${server.url}/v1/proxy/models`, { headers: { authorization: `Bearer ${key}` } });
    await answer.arrayBuffer();
    return answer.status;
  }

  test("ends one credential by its id, and no other", async () => {
    const [one, other] = [await issue("alice"), await issue("alice")];
    const { code, stdout } = await credential(["revoke", "--jti", readCredential(one)?.jti ?? ""], { env: atHand });
    expect(code).toBe(0);
    expect(stdout).toBe(`revoked the credential ${readCredential(one)?.jti} at ${server.url}\n`);
    expect([await status(one), await status(other)]).toEqual([401, 200]);
  });

  test("ends all of a subject's, by a server's name and the key in MINTGATE_KEY", async () => {
    const [bob, carol] = [await issue("bob"), await issue("carol")];
    const env = { MINTGATE_KEY: server.projectKey ?? "" };
    const ran = await credential(["revoke", "--subject", "bob", "--server", server.url, "--json"], { env });
    expect(JSON.parse(ran.stdout)).toMatchObject({ revoked: { subject: "bob" }, server: server.url });
    expect([await status(bob), await status(carol)]).toEqual([401, 200]);
  });

  test("ends all", async () => {
    const keys = [await issue("dan"), await issue("eve")];
    expect((await credential(["revoke", "--all"], { env: atHand })).code).toBe(0);
    expect(await Promise.all(keys.map(status))).toEqual([401, 401]);
  });

  test("says that a credential cannot revoke", async () => {
    const ran = await credential(["revoke", "--all", "--server", server.url], {
      env: { MINTGATE_KEY: await later(() => issue("mallory")) },
    });
    expect(errorLine(ran)).toMatch(/^1 the server refused \(403 insufficient_scope\): /);
  });

  /** A credential that is not of the second in which others were revoked. */
  async function later(make: () => Promise<string>): Promise<string> {
    let key = "";
    await expect
      .poll(
        async () => {
          key = await make();
          return status(key);
        },
        { timeout: 20_000 },
      )
      .toBe(200);
    return key;
  }
});

test("sends the key and the organisation in headers, and one target in the body", async () => {
  const { url, asked } = await answering({ body: "{}" });
  const args = ["revoke", "--subject", "alice", "--org", "acme", "--server", `${url}/v1/proxy/`];
  const { code, stdout, stderr } = await credential(args, { env: { MINTGATE_KEY: KEY } });
  expect([code, stdout, stderr]).toEqual([0, `revoked every credential of alice at ${url}\n`, ""]);
  const [request] = asked;
  expect(request).toMatchObject({ method: "POST", path: "/v1/proxy/credentials/revoke", body: '{"subject":"alice"}' });
  expect(request?.headers).toMatchObject({
    authorization: `Bearer ${KEY}`,
    "content-type": "application/json",
    "x-bt-org-name": "acme",
  });
});

test("the key in MINTGATE_KEY goes to no server that only a setting names", async () => {
  const { url, asked } = await answering({ body: "{}" });
  const env = { MINT_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url") };
  const settings = { ...env, PUBLIC_URL: url, MINTGATE_KEY: KEY };
  expect(errorLine(await credential(["revoke", "--all"], { env: settings }))).toMatch(/^1 orgs\.default\.keys: /);
  expect(asked).toEqual([]);
});

test("without a server at hand it says what to do", async () => {
  expect(errorLine(await credential(["revoke", "--all"]))).toMatch(/^1 no server is at hand: .*--server.*MINTGATE_KEY/);
});

test("asks for MINTGATE_KEY where a server is named", async () => {
  const ran = await credential(["revoke", "--all", "--server", "https://mint.example"]);
  expect(errorLine(ran)).toMatch(/^1 MINTGATE_KEY: is missing/);
});
