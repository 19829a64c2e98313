import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { confusions, createForger, damaged, type Forger, type Forgery, misstatements } from "../support/forgeries.ts";
import { issueBound, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: Rig;
let forger: Forger;

beforeAll(async () => {
  rig = await startRig();
  forger = await createForger(rig.secret, rig.server.url);
});
afterAll(() => rig.stop());
afterEach(() => {
  rig.standIn.requests.length = 0;
});

/** Tries each forgery as a caller would, in both schemes; returns those that were not refused as they should be. */
async function accepted(forgeries: readonly Forgery[]): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const [title, token] of forgeries) {
    for (const scheme of ["Bearer", "DPoP", "bearer"]) {
      const answer = await rig.post("chat/completions", chat(), { authorization: `${scheme} ${token}` });
      const { error } = (await answer.json()) as { error?: { code: string } };
      const challenged = answer.headers.get("www-authenticate") !== null;
      if (answer.status !== 401 || !challenged || !error || answer.headers.get("cache-control") !== "no-store") {
        wrong.push([title, scheme, answer.status, error?.code]);
      }
    }
  }
  expect(rig.standIn.requests).toEqual([]);
  return wrong;
}

test("what the forger signs without a flaw is accepted, so that the flaws decide", async () => {
  const answer = await rig.post("chat/completions", chat(), { authorization: `Bearer ${await forger.sign()}` });
  expect(answer.status).toBe(200);
});

test("a credential that was damaged in any place is refused", async () => {
  const { key } = await rig.issue({ ttl_seconds: 600 });
  const { credential } = await issueBound(rig);
  const forgeries = [...damaged(key), ...damaged(credential)];
  expect(forgeries.length).toBeGreaterThan(100);
  expect(await accepted(forgeries)).toEqual([]);
});

test("a credential under another algorithm, or another key, is refused", async () => {
  const forgeries = await confusions(forger, (await rig.issue()).key);
  expect(forgeries.length).toBeGreaterThan(40);
  expect(await accepted(forgeries)).toEqual([]);
});

test("a credential that the server itself signed, but that says what it must not, is refused", async () => {
  const forgeries = await misstatements(forger, rig.server.url);
  expect(forgeries.length).toBeGreaterThan(35);
  expect(await accepted(forgeries)).toEqual([]);
});

test("a credential of a server with another secret is refused", async () => {
  const other = await createForger(
    Buffer.from("another secret, of thirty-two by").toString("base64url"),
    rig.server.url,
  );
  expect(await accepted([["of another server", await other.sign()]])).toEqual([]);
});

test("a provider's key sealed for one credential opens in no other", async () => {
  const { key } = await rig.issue({}, "Bearer sk-test-of-a-caller");
  const { sealed_key: sealed } = JSON.parse(Buffer.from(key.split(".")[1] ?? "", "base64url").toString());
  expect(typeof sealed).toBe("string");
  expect(await accepted([["with a borrowed sealed key", await forger.sign({ sealed_key: sealed })]])).toEqual([]);
});

test("a bound credential is refused as Bearer, and an unbound one as DPoP", async () => {
  const { credential } = await issueBound(rig);
  const { key } = await rig.issue();
  for (const authorization of [`Bearer ${credential}`, `DPoP ${key}`, `Bearer ek_${credential}`]) {
    const answer = await rig.post("chat/completions", chat(), { authorization });
    expect([answer.status, (await answer.json()).error.code]).toEqual([401, "invalid_token"]);
  }
  expect(rig.standIn.requests).toEqual([]);
});

test("a credential ends by the server's clock", async () => {
  const { key, expires_at: expiresAt } = await rig.issue({ ttl_seconds: 1 });
  let answer = await rig.post("chat/completions", chat(), { authorization: `Bearer ${key}` });
  while (answer.status === 200) {
    await answer.arrayBuffer();
    answer = await rig.post("chat/completions", chat(), { authorization: `Bearer ${key}` });
  }
  expect([answer.status, (await answer.json()).error.code]).toEqual([401, "invalid_token"]);
  expect(Date.now() / 1000).toBeGreaterThanOrEqual(expiresAt - 0.05);
});
