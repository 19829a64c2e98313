import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createForger, damaged, type Forger } from "../support/forgeries.ts";
import { CALLERS_KEY, type Rig, startRig } from "../support/rig.ts";
import { answering } from "./answering.ts";
import { credential, errorLine } from "./terminal.ts";

let rig: Rig;
let forger: Forger;
let env: { readonly MINT_SECRET: string };

beforeAll(async () => {
  rig = await startRig();
  forger = await createForger(rig.secret, rig.server.url);
  env = { MINT_SECRET: rig.secret };
});
afterAll(() => rig.stop());

const nowSeconds = () => Math.floor(Date.now() / 1000);

test("shows what a credential allows, in words", async () => {
  const limits = { usd: 0.1, per: "day", requestsPerMinute: 20 };
  const { key } = await rig.issue({ subject: "alice", models: ["gpt-4o*"], limits });
  const { code, stdout } = await credential(["inspect", key], { env });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^subject {2,}alice$/m);
  expect(stdout).toMatch(/^models {2,}gpt-4o\*$/m);
  expect(stdout).toMatch(/^limits {2,}0\.10 USD per day; 20 requests per minute$/m);
  expect(stdout).toMatch(/^bound to {2,}no key/m);
  expect(stdout).toMatch(/^expires {2,}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, valid for \d+ min( \d+ s)?$/m);
  expect(stdout).toMatch(/^signature {2,}valid, by the secret at hand$/m);
});

test("reads it from standard input, with its prefix or without", async () => {
  const { key } = await rig.issue();
  const shown = await credential(["inspect", key, "--json"], { env });
  const { claims } = JSON.parse(shown.stdout) as { claims: object };
  for (const input of [`${key}\n`, `ek_${key}`]) {
    const { stdout } = await credential(["inspect", "-", "--json"], { env, input });
    expect(JSON.parse(stdout)).toMatchObject({ claims });
  }
});

test("says for how long an expired one has been so, and exits with 0: it can be read", async () => {
  const exp = nowSeconds() - 2 * 86_400 - 3 * 3600;
  const token = await forger.sign({ iat: exp - 600, exp });
  const { code, stdout } = await credential(["inspect", token], { env });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^expires {2,}\S+Z, expired 2 d 3 h ago$/m);
  const { stdout: json } = await credential(["inspect", token, "--json"], { env });
  expect(JSON.parse(json)).toMatchObject({ expired: true, signature: "valid" });
});

test("a provider's key that is sealed inside is told of and never shown", async () => {
  const { key } = await rig.issue({}, `Bearer ${CALLERS_KEY}`);
  const { sealed_key: sealed } = JSON.parse(Buffer.from(key.split(".")[1] ?? "", "base64url").toString());
  expect(sealed).toMatch(/^\S{40,}$/);
  for (const args of [
    ["inspect", key],
    ["inspect", key, "--json"],
  ]) {
    const { code, stdout } = await credential(args, { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/sealed inside|"holds_provider_key":true/);
    for (const secret of [CALLERS_KEY, sealed, key]) expect(stdout).not.toContain(secret);
  }
});

test("checks the signature with a server's public keys", async () => {
  const { key } = await rig.issue();
  const { code, stdout } = await credential(["inspect", key, "--server", rig.server.url]);
  expect(code).toBe(0);
  expect(stdout).toContain(`valid, by ${rig.server.url}`);
});

test("does so for one of the secrets while they are rotated", async () => {
  const { key } = await rig.issue();
  const MINT_SECRET = `${randomBytes(32).toString("base64url")}, ${rig.secret}`;
  const { stdout } = await credential(["inspect", key, "--json"], { env: { MINT_SECRET } });
  expect(JSON.parse(stdout)).toMatchObject({ signature: "valid" });
});

test("without a secret or a server it shows the claims and says that nothing was checked", async () => {
  const { key } = await rig.issue();
  const { code, stdout } = await credential(["inspect", key]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^signature {2,}not checked/m);
});

test("calls no damaged credential valid", async () => {
  const { key } = await rig.issue();
  const forgeries = damaged(key);
  expect(forgeries.length).toBeGreaterThan(10);
  for (const [title, token] of forgeries) {
    const { code, stdout } = await credential(["inspect", token, "--json"], { env });
    expect(code, title).not.toBe(0);
    expect(stdout, title).not.toContain('"signature":"valid"');
  }
});

test.each([
  ["its claims were changed", async () => changed((await rig.issue({ subject: "alice" })).key), /does not fit/],
  ["it is another server's", async () => otherServers(), /another key made it/],
])("shows it and exits with 1 where %s", async (_, make, message) => {
  const { code, stdout, stderr } = await credential(["inspect", await make()], { env });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^signature {2,}NOT VALID, by the secret at hand$/m);
  expect(stderr).toMatch(/^mintgate: the signature does not hold: [^\n]+\n$/);
  expect(stderr).toMatch(message);
});

function changed(key: string): string {
  const [header, payload = "", signature] = key.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  return [header, Buffer.from(JSON.stringify({ ...claims, sub: "root" })).toString("base64url"), signature].join(".");
}

async function otherServers(): Promise<string> {
  return (await createForger(randomBytes(32).toString("base64url"), "https://other.example")).sign();
}

test("what a credential says moves no cursor", async () => {
  const token = await forger.sign({ sub: "a\u001b[2Jb\nmodels all\u202ec" });
  const { stdout } = await credential(["inspect", token], { env });
  expect(stdout).toMatch(/^subject {2,}a \[2Jb models all c$/m);
});

test.each(["sk-canary-provider-key", "a.b.c", "", "e30.e30.e30", "x".repeat(10_000)])(
  "refuses what is no credential, and does not repeat it: %.20s",
  async (input) => {
    const ran = await credential(["inspect", "-"], { env, input });
    expect(errorLine(ran)).toBe("1 that is not a temporary credential");
  },
);

test("refuses a token of another type", async () => {
  const token = await forger.sign({}, { typ: "JWT" });
  expect(errorLine(await credential(["inspect", token], { env }))).toMatch(/^1 that is a token, but not/);
});

test.each(["{}", '{"keys": "none"}', "[]"])("refuses a server whose public keys are %s", async (body) => {
  const { key } = await rig.issue();
  const { url, asked } = await answering({ body });
  expect(errorLine(await credential(["inspect", key, "--server", url]))).toMatch(/^1 .*(no public keys|JSON)$/);
  expect(asked.map(({ path }) => path)).toEqual(["/.well-known/jwks.json"]);
});

test.each(['{"keys": []}', '{"keys": [1]}', '{"keys": [{"kty": "oct", "k": "AAAA"}]}'])(
  "holds no signature valid by %s",
  async (body) => {
    const { key } = await rig.issue();
    const { url } = await answering({ body });
    const { code, stdout } = await credential(["inspect", key, "--server", url]);
    expect(code).toBe(1);
    expect(stdout).toContain("NOT VALID");
  },
);
