import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { createDpopClient } from "../support/dpop.ts";
import { CALLERS_KEY, type Rig, startRig } from "../support/rig.ts";
import { serve } from "../support/serve.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { chat } from "../support/work.ts";
import { answering } from "./answering.ts";
import { credential, errorLine } from "./terminal.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

const SECRET = randomBytes(32).toString("base64url");
const AT_HAND = { MINT_SECRET: SECRET, PUBLIC_URL: "https://mint.example" };

async function statuses(key: string, models: readonly string[]): Promise<number[]> {
  const asked = models.map(async (model) => {
    const answer = await rig.post("chat/completions", chat({}, { model }), { authorization: `Bearer ${key}` });
    await answer.arrayBuffer();
    return answer.status;
  });
  return Promise.all(asked);
}

test("what the secret at hand signs is a credential to the server, within its grant", async () => {
  const env = { MINT_SECRET: rig.secret, PUBLIC_URL: rig.server.url };
  const { code, stdout } = await credential(["issue", "--subject", "alice", "--model", "gpt-4o"], { env });
  expect(code).toBe(0);
  expect(await statuses(stdout.trim(), ["gpt-4o", "gpt-5"])).toEqual([200, 403]);
});

test("the secret at hand signs without a call", async () => {
  const fetching = vi.spyOn(globalThis, "fetch");
  expect((await credential(["issue", "--subject", "alice"], { env: AT_HAND })).code).toBe(0);
  expect(fetching).not.toHaveBeenCalled();
  fetching.mockRestore();
});

test("the state folder of `npm start` is enough", async () => {
  const server = await serve();
  const env = { MINTGATE_STATE: server.stateFolder, PORT: new URL(server.url).port };
  const { stdout } = await credential(["issue", "--subject", "alice"], { env });
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  expect((await fetch(`${server.url}/v1/proxy/models`, { headers })).status).toBe(200);
  await server.stop();
});

test("reads .dev.vars, with the process's environment before it", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, ".dev.vars"), `MINT_SECRET=${SECRET}\nPUBLIC_URL=https://other.example\n`);
  const env = { PUBLIC_URL: "https://mint.example" };
  const { stdout } = await credential(["issue", "--subject", "alice"], { env, folder });
  expect(readCredential(stdout.trim())?.iss).toBe("https://mint.example");
});

test("asks a server, by the key in MINTGATE_KEY", async () => {
  const env = { MINTGATE_KEY: rig.server.projectKey ?? "" };
  for (const server of [rig.server.url, rig.url("")]) {
    const { code, stdout } = await credential(["issue", "--server", server, "--model", "gpt-4o"], { env });
    expect(code).toBe(0);
    expect(await statuses(stdout.trim(), ["gpt-4o", "gpt-5"])).toEqual([200, 403]);
  }
});

test("a provider's key may ask a server, too, and shows nowhere", async () => {
  const { code, stdout, stderr } = await credential(["issue", "--server", rig.server.url], {
    env: { MINTGATE_KEY: CALLERS_KEY },
  });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^provider key {2,}sealed inside/m);
  const sealed = readCredential(stdout.trim())?.sealed_key ?? "none";
  for (const secret of [CALLERS_KEY, sealed]) expect(stderr).not.toContain(secret);
});

test("prints the credential alone, and beside it what it allows", async () => {
  const args = ["issue", "--subject", "alice", "--model", "gpt-4o", "--ttl", "10m", "--usd", "0.10", "--per", "day"];
  const spoken = ["--realtime-seconds", "60", "--realtime-sessions", "2", "--realtime-idle-seconds", "30"];
  const { stdout, stderr } = await credential([...args, ...spoken], { env: AT_HAND });
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(stderr).toMatch(/^subject {2,}alice$/m);
  expect(stderr).toMatch(/^models {2,}gpt-4o$/m);
  expect(stderr).toMatch(
    /^limits {2,}0\.10 USD per day; 60 s of realtime per day; 2 realtime sessions at once; 30 s of silence in one$/m,
  );
});

test("every option reaches the credential, and so does a thumbprint that begins with a dash", async () => {
  // Two dashes at the beginning would read as an option.
  const jkt = `-A${(await createDpopClient()).jkt.slice(2)}`;
  const args = [
    ...["--subject", "alice", "--model", "gpt-4o", "--model", "o3*", "--ttl", "2h", "--jkt", jkt],
    ...["--endpoint", "chat/completions", "--endpoint", "embeddings", "--origin", "https://app.example"],
    ...["--feature", "store", "--project-name", "p", "--usd", "0.10", "--tokens", "1000", "--requests", "5"],
    ...["--requests-per-minute", "20", "--max-tokens-per-request", "100", "--realtime-seconds", "60"],
    ...["--realtime-sessions", "2", "--realtime-idle-seconds", "30", "--per", "day"],
  ];
  const { stdout } = await credential(["issue", "--json", ...args], { env: AT_HAND });
  const issued = JSON.parse(stdout) as { key: string; expires_at: number };
  const claims = readCredential(issued.key);
  expect(issued).toEqual({
    key: issued.key,
    expires_at: claims?.exp,
    token_type: "DPoP",
    subject: "alice",
    jti: claims?.jti,
  });
  expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(7200);
  expect(claims).toMatchObject({ iss: "https://mint.example", sub: "alice", cnf: { jkt } });
  expect(claims?.grant).toEqual({
    org: "default",
    models: ["gpt-4o", "o3*"],
    endpoints: ["chat/completions", "embeddings"],
    origins: ["https://app.example"],
    features: ["store"],
    limits: {
      usd: 0.1,
      tokens: 1000,
      requests: 5,
      requestsPerMinute: 20,
      maxTokensPerRequest: 100,
      realtimeSeconds: 60,
      realtimeSessions: 2,
      realtimeIdleSeconds: 30,
      per: "day",
    },
    logging: { project_name: "p" },
  });
});

test("an organisation and its template come from MINT_CONFIG, which may be a file", async () => {
  const folder = await temporaryFolder();
  const body = { model: "gpt-4o", messages: [{ role: "system", content: "You teach." }] };
  const acme = { templates: { tutor: { endpoint: "chat/completions", body, allow: ["messages"] } } };
  await writeFile(join(folder, "mint.json"), JSON.stringify({ orgs: { acme } }));
  const env = { ...AT_HAND, MINT_CONFIG: join(folder, "mint.json") };
  const { stdout } = await credential(["issue", "--subject", "a", "--org", "acme", "--template", "tutor"], { env });
  expect(readCredential(stdout.trim())?.grant).toMatchObject({ org: "acme", template: "tutor" });
  const other = await credential(["issue", "--subject", "a", "--org", "nobody"], { env });
  expect(errorLine(other)).toBe("1 --org is no organisation of the configuration");
});

test("without a secret at hand it says what to do, and leaves nothing behind", async () => {
  const folder = await temporaryFolder();
  const ran = await credential(["issue", "--subject", "alice"], { folder });
  expect(errorLine(ran)).toMatch(/^1 no secret is at hand: .*MINT_SECRET.*--server$/);
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ["a secret without an address", { MINT_SECRET: SECRET }, /^1 PUBLIC_URL: is missing/],
  ["a weak secret", { ...AT_HAND, MINT_SECRET: "canary" }, /^1 MINT_SECRET: /],
  [
    "a configuration that is none",
    { ...AT_HAND, MINT_CONFIG: '{"canary": 1}' },
    /^1 MINT_CONFIG\.canary: is not a known/,
  ],
])("refuses %s", async (_, env, message) => {
  expect(errorLine(await credential(["issue", "--subject", "alice"], { env }))).toMatch(message);
});

const KEY = "canary-key-91c7e2";

test("shows what a server says of its refusal in one line, without the key and without control characters", async () => {
  const message = `\u001b[31mNo\n${KEY}\u202e here`;
  const { url } = await answering({ status: 401, body: JSON.stringify({ error: { message, code: "invalid_token" } }) });
  const ran = await credential(["issue", "--server", url], { env: { MINTGATE_KEY: KEY } });
  expect(errorLine(ran)).toBe("1 the server refused (401 invalid_token):  [31mNo …  here");
});

test("follows no redirect with a key", async () => {
  const elsewhere = await answering({});
  const { url, asked } = await answering({ status: 307, headers: { location: elsewhere.url } });
  const ran = await credential(["issue", "--server", url], { env: { MINTGATE_KEY: KEY } });
  expect(errorLine(ran)).toBe("1 the server refused (307)");
  expect(asked).toHaveLength(1);
  expect(elsewhere.asked).toEqual([]);
});

test.each([
  ["no JSON", "<html>", /did not answer with JSON$/],
  ["no credential", '{"key": "\\u001b[31m"}', /no temporary credential$/],
  ["nothing", "", /no temporary credential$/],
  [
    "a token that is no credential",
    '{"key": "e30.e30.e30", "expires_at": 1, "token_type": "Bearer", "subject": "a"}',
    /no temporary credential$/,
  ],
])("refuses an answer that is %s", async (_, body, message) => {
  const { url } = await answering({ body });
  expect(errorLine(await credential(["issue", "--server", url], { env: { MINTGATE_KEY: KEY } }))).toMatch(message);
});

test("names a server that cannot be reached", async () => {
  // Outside of the ports that systems hand out, so that no other test gets it in between.
  const url = "http://127.0.0.1:2";
  const ran = await credential(["issue", "--server", url], { env: { MINTGATE_KEY: KEY } });
  expect(errorLine(ran)).toBe(`1 ${url} cannot be reached (ECONNREFUSED)`);
});
