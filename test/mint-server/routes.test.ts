import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CALLER_KINDS, type Caller, createCaller, keySentFor, type Rig, startRig } from "../support/rig.ts";
import { ALL_WORK, requestOf } from "../support/work.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

describe.each(CALLER_KINDS)("with a %s", (kind) => {
  let caller: Caller;
  beforeAll(async () => {
    caller = await createCaller(rig, kind);
  });

  test.each(ALL_WORK)("POST $path (streaming: $stream) hands on both bodies byte for byte", async (work) => {
    const request = new Request(rig.url(work.path), requestOf(work));
    const sent = Buffer.from(await request.clone().arrayBuffer());
    const contentType = request.headers.get("content-type") ?? "";
    // Otherwise one kind of caller may be answered with what another one got.
    const headers = { "content-type": contentType, "x-bt-use-cache": "never" };
    const answer = await caller(request.url, { method: "POST", headers, body: sent });
    const received = Buffer.from(await answer.arrayBuffer());

    expect(answer.status, received.toString()).toBe(200);
    const [upstream, ...others] = rig.standIn.requests;
    expect(others).toEqual([]);
    expect(upstream?.path).toBe(`/v1/${work.path}`);
    expect(upstream?.body.equals(sent)).toBe(true);
    expect(upstream?.headers.authorization).toBe(`Bearer ${keySentFor(kind)}`);
    expect(upstream?.answer.equals(received)).toBe(true);
    expect(received.length).toBeGreaterThan(20);
    expect(answer.headers.get("content-type")?.startsWith("text/event-stream")).toBe(work.stream);
    expect(answer.headers.get("x-bt-used-endpoint")).toBe("openai");
    expect(answer.headers.get("x-mintgate-source")).toBe("upstream");
  });

  test("GET /models lists what it may use, and each one by its name", async () => {
    const list = (await (await caller(rig.url("models"))).json()) as { object: string; data: { id: string }[] };
    expect(list.object).toBe("list");
    expect(list.data.map(({ id }) => id)).toContain("gpt-4o");
    const one = await caller(rig.url("models/gpt-4o"));
    expect(await one.json()).toMatchObject({
      id: "gpt-4o",
      object: "model",
      format: "openai",
      flavor: "chat",
      providers: ["openai"],
    });
    expect((await caller(rig.url("models/no-such-model"))).status).toBe(404);
    expect(rig.standIn.requests).toEqual([]);
  });
});

describe("/auto", () => {
  test.each([
    ["a chat", { model: "gpt-4o", messages: [{ role: "user", content: "x" }] }, "/v1/chat/completions"],
    ["a completion", { model: "gpt-3.5-turbo-instruct", prompt: "x" }, "/v1/completions"],
  ])("becomes %s by the model's flavor", async (_, body, path) => {
    const answer = await rig.post("auto", body);
    expect([answer.status, rig.standIn.requests.map((request) => request.path)]).toEqual([200, [path]]);
    await answer.arrayBuffer();
  });
});

test("/v1 serves the same as /v1/proxy", async () => {
  const authorization = `Bearer ${rig.server.projectKey}`;
  const answers = await Promise.all(
    ["/v1", "/v1/proxy"].map(async (prefix) => {
      const answer = await fetch(`${rig.server.url}${prefix}/chat/completions`, {
        ...requestOf({
          path: "",
          stream: false,
          fields: { model: "gpt-4o", messages: [{ role: "user", content: "x" }] },
        }),
        headers: { authorization, "content-type": "application/json" },
      });
      return [answer.status, await answer.text()];
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
  expect(rig.standIn.requests).toHaveLength(2);
});

test("/health and the public keys need no credential", async () => {
  expect(await (await fetch(`${rig.server.url}/health`)).json()).toMatchObject({
    ok: true,
    version: expect.any(String),
  });
  const jwks = (await (await fetch(`${rig.server.url}/.well-known/jwks.json`)).json()) as {
    keys: Record<string, unknown>[];
  };
  expect(jwks.keys).toEqual([
    { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", kid: expect.any(String), x: expect.any(String) },
  ]);
});
