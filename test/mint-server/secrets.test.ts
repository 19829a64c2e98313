import { afterAll, beforeAll, expect, test } from "vitest";
import { rawRequest } from "../support/raw-request.ts";
import { CALLER_KINDS, CALLERS_KEY, createCaller, issueBound, type Rig, SERVER_KEY, startRig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { ALL_WORK, chat, requestOf } from "../support/work.ts";

/** What a prompt holds must stay out of logs and errors, like a key. */
const PROMPT = "canary-of-the-prompt-71c3";
let rig: Rig;
let secrets: readonly string[];

beforeAll(async () => {
  rig = await startRig();
  const keys = [SERVER_KEY, CALLERS_KEY, rig.secret, rig.server.projectKey ?? "no project key"];
  secrets = keys.flatMap((key) => [
    key,
    Buffer.from(key).toString("base64url").slice(0, -2),
    Buffer.from(key).toString("hex"),
  ]);
});
afterAll(() => rig.stop());

function expectNoSecret(bytes: string, where: string): void {
  for (const secret of secrets) expect(bytes.includes(secret), where).toBe(false);
}

async function bytesOf(answer: Response): Promise<string> {
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return `${answer.status}\n${headers}\n\n${Buffer.from(await answer.arrayBuffer()).toString("latin1")}`;
}

test.each(CALLER_KINDS)("no answer to a %s holds a key", async (kind) => {
  const caller = await createCaller(rig, kind);
  for (const work of ALL_WORK) {
    const request = new Request(rig.url(work.path), requestOf(work));
    const headers = { "content-type": request.headers.get("content-type") ?? "" };
    const answer = await caller(request.url, { method: "POST", headers, body: await request.arrayBuffer() });
    expect(answer.status).toBe(200);
    expectNoSecret(await bytesOf(answer), work.path);
  }
  for (const path of ["models", "models/gpt-4o", "models/x", "nothing"])
    expectNoSecret(await bytesOf(await caller(rig.url(path))), path);
});

test("no credential holds the key that issued it, in any segment", async () => {
  for (const authorization of [`Bearer ${CALLERS_KEY}`, `Bearer ${rig.server.projectKey}`]) {
    const issued = await rig.issue({}, authorization);
    const decoded = issued.key.split(/[.]/).map((segment) => Buffer.from(segment, "base64url").toString("latin1"));
    const claims = JSON.parse(decoded[1] ?? "{}") as { sealed_key?: string };
    const sealed = (claims.sealed_key ?? "")
      .split(".")
      .map((segment) => Buffer.from(segment, "base64url").toString("latin1"));
    expectNoSecret([JSON.stringify(issued), ...decoded, ...sealed].join("\n"), "credential");
  }
});

/** Ways in which a provider can fail, each quoting all that it was sent. */
const quoted = {
  error: {
    message: `Incorrect API key ${SERVER_KEY}, or ${CALLERS_KEY}.`,
    type: SERVER_KEY,
    param: CALLERS_KEY,
    code: SERVER_KEY,
  },
};
/** Lets the server, where it tries once more, do so without a pause. */
const AT_ONCE = { "retry-after-ms": "1" };
const FAILURES: readonly Orders[] = [
  ...[400, 401, 403, 404, 409, 422, 429, 500, 503].map((status) => ({ status, body: quoted, headers: AT_ONCE })),
  ...[400, 401, 500].map((status) => ({
    status,
    body: `<html>${SERVER_KEY} ${CALLERS_KEY}</html>`,
    headers: { "content-type": "text/html", ...AT_ONCE },
  })),
  { status: 302, body: "", headers: { location: `https://evil.test/?key=${SERVER_KEY}` } },
  { body: SERVER_KEY, headers: { "content-type": "text/html" } },
  { cut: "reset", cutAfterBytes: 0 },
];

test.each(["Bearer of the server", "Bearer of the caller"])(
  "no failure of a provider brings out a key: %s",
  async (whose) => {
    const authorization = whose.endsWith("server") ? undefined : `Bearer ${CALLERS_KEY}`;
    // Each may only quote its own key: the other one never went there.
    const quotable = authorization ? CALLERS_KEY : SERVER_KEY;
    for (const orders of FAILURES) {
      const own = JSON.parse(
        JSON.stringify(orders).replaceAll(SERVER_KEY, quotable).replaceAll(CALLERS_KEY, quotable),
      ) as Orders;
      for (const stream of [false, true]) {
        const asked = rig.post("chat/completions", chat(own, { stream }), { authorization });
        const bytes = await asked.then(bytesOf).catch((error: unknown) => `a broken connection: ${error}`);
        expectNoSecret(bytes, JSON.stringify(own));
        expect(bytes).not.toContain(new URL(rig.standIn.url).host);
      }
    }
  },
);

test("no refusal repeats what was sent", async () => {
  const { credential } = await issueBound(rig);
  const bad = [
    rig.post("chat/completions", `{"model":"gpt-4o","${PROMPT}":`),
    rig.post("chat/completions", { model: "gpt-4o", messages: PROMPT }),
    rig.post("chat/completions", chat({}, { messages: [PROMPT] })),
    rig.post("chat/completions", chat(), { authorization: `Bearer ${credential}${PROMPT}` }),
    rig.post("chat/completions", chat(), { authorization: `DPoP ${credential}`, headers: { dpop: PROMPT } }),
    rig.post("chat/completions", chat(), { headers: { "x-bt-org-name": PROMPT } }),
    rig.post("chat/completions", chat(), { headers: { "x-bt-endpoint-name": PROMPT } }),
    rig.post("chat/completions", chat(), { headers: { "x-bt-cache-ttl": PROMPT } }),
    rig.post("credentials", { subject: PROMPT, ttl_seconds: -1 }),
    rig.post(PROMPT, {}),
  ];
  for (const answer of await Promise.all(bad)) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const bytes = await bytesOf(answer);
    expect(bytes).not.toContain(PROMPT);
    expectNoSecret(bytes, "refusal");
  }
});

test("not even a request that is hardly HTTP brings one out", async () => {
  for (const headers of [
    { authorization: `Bearer ${SERVER_KEY}\u00ff` },
    { authorization: ["Bearer a", "Bearer b"] },
    { host: "evil.test" },
  ]) {
    const answer = await rawRequest(rig.server.url, {
      method: "POST",
      path: "/v1/chat/completions",
      headers,
      body: "x",
    });
    expectNoSecret(answer.rawHeaders.join("\n") + answer.body, JSON.stringify(headers));
  }
});

test("after all of this, nothing that the server printed holds a key, a credential or a prompt", async () => {
  const answer = await rig.post("chat/completions", chat({}, { messages: [{ role: "user", content: PROMPT }] }));
  await answer.arrayBuffer();
  const output = rig.server.output();
  expectNoSecret(output, "output");
  expect(output).not.toContain(PROMPT);
  expect(output).not.toMatch(/eyJ[\w-]{20}/);
});
