import { expect, test } from "vitest";
import { createMemoryLedger } from "../../mint-server/credentials/ledger-memory.ts";
import { createSessionAuthorizer } from "../../mint-server/credentials/session-authorizer.ts";

const denied = { ok: false, failure: { kind: "no_session", reason: "denied" } };

test.each([
  ["alice", { ok: true, value: { subject: "alice" } }],
  ["", denied],
  [{ subject: "alice" }, { ok: true, value: { subject: "alice" } }],
  [
    { subject: "alice", session: "s" },
    { ok: true, value: { subject: "alice", session: "s" } },
  ],
  [
    { subject: "alice", session: 1 },
    { ok: true, value: { subject: "alice" } },
  ],
  [{ subject: 1 }, denied],
  [{}, denied],
  [null, denied],
  [undefined, denied],
  [7, denied],
])("of an app's function that says %j", async (said, answer) => {
  const authorize = createSessionAuthorizer();
  const applicant = {
    org: { name: "acme" },
    policy: { authorize: async () => said },
    ledger: createMemoryLedger(),
    jkt: "thumbprint",
    challenge: undefined,
    now: 0,
  };
  const request = new Request("https://mint.example/v1/credentials/session", { method: "POST" });
  expect(await authorize(request, applicant as never)).toStrictEqual(answer);
});
