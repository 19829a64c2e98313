import { afterAll, beforeAll, expect, test } from "vitest";
import { type CredentialOrder, issueCredential } from "../../mint-server/embed.ts";
import { createDpopClient } from "../support/dpop.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

const issue = (order: object) =>
  issueCredential(
    { secrets: [rig.secret], publicURLs: [rig.server.url], orgs: { default: {} } },
    order as CredentialOrder,
  );

test("a credential that was issued in code is one to the server, within its grant", async () => {
  const issued = await issue({ subject: "user-42", model: "gpt-4o", ttl_seconds: 60 });
  expect(issued).toMatchObject({ token_type: "Bearer", subject: "user-42" });
  const authorization = `Bearer ${issued.key}`;
  const statuses = await Promise.all(
    ["gpt-4o", "gpt-5"].map(async (model) => {
      const answer = await rig.post("chat/completions", chat({}, { model }), { authorization });
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  expect(statuses).toEqual([200, 403]);
});

test("it is bound to a key where the order names one", async () => {
  const client = await createDpopClient();
  const { key, token_type: type } = await issue({ subject: "user-42", jkt: client.jkt });
  expect(type).toBe("DPoP");
  expect((await client.fetch(rig.url("models"), { credential: key })).status).toBe(200);
  const stolen = await fetch(rig.url("models"), { headers: { authorization: `Bearer ${key}` } });
  expect(stolen.status).toBe(401);
});

test.each([
  ["a field that does not exist", { subject: "x", modle: "gpt-4o" }, /`modle` is not a known field/],
  ["a life of more than a day", { subject: "x", ttl_seconds: 86_401 }, /`ttl_seconds`/],
  ["limits that are none", { subject: "x", limits: { usd: -1 } }, /`limits\.usd` must be at least 0/],
  ["a template that the organisation does not have", { subject: "x", template: "tutor" }, /`template` names no/],
  ["no subject", {}, /`subject`/],
  ["an empty subject", { subject: "" }, /`subject`/],
  ["an organisation that is none", { subject: "x", org: "nobody" }, /`org`/],
  ["more models than a header carries", { subject: "x", models: Array(100).fill("m".repeat(40)) }, /2048 bytes/],
])("refuses %s", async (_, order, message) => {
  await expect(issue(order)).rejects.toThrow(TypeError);
  await expect(issue(order)).rejects.toThrow(message);
});
