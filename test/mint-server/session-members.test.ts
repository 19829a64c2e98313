import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Knock, knockAt, MEMBERS_ORIGIN, startDoors } from "../support/door.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import type { OidcIssuer } from "../support/oidc.ts";
import type { Rig } from "../support/rig.ts";

let rig: Rig;
let oidc: OidcIssuer;
let client: DpopClient;

beforeAll(async () => {
  ({ rig, oidc } = await startDoors());
});
afterAll(async () => {
  await rig.stop();
  await oidc.stop();
});
beforeEach(async () => {
  client = await createDpopClient();
});

const knock = (asked: Partial<Knock> = {}) => knockAt(rig, { who: client, ...asked });
const signedIn = (idToken: string) => ({ origin: MEMBERS_ORIGIN, headers: { authorization: `Bearer ${idToken}` } });

describe("the door of members", () => {
  const claims = () => ({ sub: `ada-${crypto.randomUUID()}`, sid: crypto.randomUUID() });

  test.each(["RS256", "ES256"] as const)("opens to an ID token (%s), for its subject", async (algorithm) => {
    const who = claims();
    const { status, issued } = await knock(signedIn(await oidc.sign(who, { algorithm })));
    expect([status, issued.subject, issued.token_type]).toEqual([200, who.sub, "DPoP"]);
  });

  test("stays shut without one", async () => {
    expect(await knock({ origin: MEMBERS_ORIGIN })).toMatchObject({ status: 401, code: "session_required" });
  });

  test.each<[string, () => Promise<string> | string]>([
    ["for another audience", () => oidc.sign(claims(), { audience: "other" })],
    ["of another issuer", () => oidc.sign(claims(), { issuer: "https://evil.test" })],
    ["that has expired", () => oidc.sign(claims(), { expiresInSeconds: -120 })],
    ["that never expires", () => oidc.sign({ ...claims(), exp: undefined } as never)],
    ["without a subject", () => oidc.sign({ sid: "x" })],
    ["not valid yet", () => oidc.sign({ ...claims(), nbf: Math.floor(Date.now() / 1000) + 3600 })],
    ["without a signature", () => oidc.unsigned(claims())],
    ["signed with the public key as if it were a secret", () => oidc.signWithPublicKey(claims())],
    ["that was damaged", async () => (await oidc.sign(claims())).slice(0, -8)],
    ["that is oversized", () => oidc.sign({ ...claims(), padding: "x".repeat(9000) })],
    ["that is none", () => "token"],
  ])("stays shut to an ID token %s", async (_, token) => {
    expect(await knock(signedIn(await token()))).toMatchObject({ status: 401, code: "invalid_session" });
  });

  test("pins the first key of a session, and tells sessions apart", async () => {
    const who = claims();
    const other = await createDpopClient();
    const first = signedIn(await oidc.sign(who));
    expect((await knock(first)).status).toBe(200);
    expect(await knock({ ...first, who: other })).toMatchObject({ status: 403, code: "session_key_pinned" });
    expect(await knock({ ...signedIn(await oidc.sign(who)), who: other })).toMatchObject({
      status: 403,
      code: "session_key_pinned",
    });
    expect((await knock(signedIn(await oidc.sign(who)))).status).toBe(200);
    expect((await knock({ ...signedIn(await oidc.sign({ ...who, sid: "another sign-in" })), who: other })).status).toBe(
      200,
    );
  });

  test("of 30 keys that come at once, pins exactly one", async () => {
    const session = signedIn(await oidc.sign(claims()));
    const keys = await Promise.all(Array.from({ length: 30 }, () => createDpopClient()));
    const codes = (await Promise.all(keys.map((who) => knock({ ...session, who })))).map(({ status }) => status);
    expect(codes.filter((status) => status === 200)).toHaveLength(1);
    expect(codes.filter((status) => status === 403)).toHaveLength(29);
  });

  test("remembers a pinned key over a restart of the server", async () => {
    const session = signedIn(await oidc.sign(claims()));
    expect((await knock(session)).status).toBe(200);
    await rig.restart();
    expect(await knock({ ...session, who: await createDpopClient() })).toMatchObject({
      status: 403,
      code: "session_key_pinned",
    });
    expect((await knock(session)).status).toBe(200);
  });

  test("fetched the issuer's keys a few times, not once for each visitor", () => {
    expect(oidc.hits.get("/jwks.json")).toBeLessThanOrEqual(4);
  });
});
