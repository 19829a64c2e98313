import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { failureOf } from "../support/failure.ts";
import { APP_ORIGIN, createCaller, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
afterEach(() => expect(rig.standIn.requests, "no bad request may reach the provider").toEqual([]));

const origin = { origin: APP_ORIGIN };
const CHAT = "chat/completions";

describe("a body is refused", () => {
  test.each([
    ["that is empty", CHAT, "", 400, "invalid_json", null],
    ["that is broken JSON", CHAT, '{"model":"gpt-4o"', 400, "invalid_json", null],
    ["that is an array", CHAT, "[]", 400, "invalid_json", null],
    ["that is null", CHAT, "null", 400, "invalid_json", null],
    ["that says the model twice", CHAT, '{"model":"gpt-4o","messages":[],"model":"o1"}', 400, "duplicate_key", null],
    [
      "that says a thing twice, deep inside",
      CHAT,
      '{"model":"gpt-4o","messages":[{"role":"user","content":[{"a":1,"a":2}]}]}',
      400,
      "duplicate_key",
      null,
    ],
    [
      "with half a surrogate pair",
      CHAT,
      '{"model":"gpt-4o","messages":[{"role":"user","content":"\\ud83d"}]}',
      400,
      "invalid_json",
      null,
    ],
    [
      "that nests too deep",
      CHAT,
      `{"model":"gpt-4o","messages":${"[".repeat(70)}${"]".repeat(70)}}`,
      400,
      "invalid_json",
      null,
    ],
    ["without a model", CHAT, { messages: [{ role: "user", content: "x" }] }, 400, "invalid_value", "model"],
    ["whose model is a number", CHAT, chat({}, { model: 4 }), 400, "invalid_value", "model"],
    ["whose model is empty", CHAT, chat({}, { model: "" }), 400, "invalid_value", "model"],
    ["whose model is endless", CHAT, chat({}, { model: "gpt-".padEnd(300, "4") }), 400, "invalid_value", "model"],
    ["without messages", CHAT, { model: "gpt-4o" }, 400, "invalid_value", "messages"],
    ["with no message in messages", CHAT, chat({}, { messages: [] }), 400, "invalid_value", "messages"],
    ["whose messages are text", CHAT, chat({}, { messages: "hi" }), 400, "invalid_value", "messages"],
    ["with a message that is text", CHAT, chat({}, { messages: ["hi"] }), 400, "invalid_value", "messages[0]"],
    ["whose stream is text", CHAT, chat({}, { stream: "yes" }), 400, "invalid_value", "stream"],
    ["whose temperature is text", CHAT, chat({}, { temperature: "hot" }), 400, "invalid_value", "temperature"],
    ["whose n is a fraction", CHAT, chat({}, { n: 1.5 }), 400, "invalid_value", "n"],
    ["whose tools are an object", CHAT, chat({}, { tools: {} }), 400, "invalid_value", "tools"],
    ["without an input to embed", "embeddings", { model: "text-embedding-3-small" }, 400, "invalid_value", "input"],
    ["without a prompt to draw", "images/generations", { model: "gpt-image-1" }, 400, "invalid_value", "prompt"],
    ["whose input to speak is a list", "audio/speech", { model: "tts-1", input: ["x"] }, 400, "invalid_value", "input"],
    ["without messages, to /auto", "auto", { model: "gpt-4o" }, 400, "invalid_value", "messages"],
    [
      "of JSON where a form is due",
      "audio/transcriptions",
      { model: "whisper-1" },
      400,
      "invalid_content_type",
      "content-type",
    ],
    ["that names a model of nobody", CHAT, chat({}, { model: "gtp-4o" }), 404, "model_not_found", "model"],
    ["that names a model in other letters", CHAT, chat({}, { model: "GPT-4o" }), 404, "model_not_found", "model"],
    ["that names a model with a space", CHAT, chat({}, { model: " gpt-4o" }), 404, "model_not_found", "model"],
    ["that names a model as a path", CHAT, chat({}, { model: "../gpt-4o" }), 404, "model_not_found", "model"],
  ])("%s", async (_, path, body, status, code, param) => {
    const failure = await failureOf(await rig.post(path, body, { headers: origin }));
    expect(failure).toMatchObject({ status, code, param });
  });

  test("that is not UTF-8", async () => {
    const body = Buffer.concat([Buffer.from('{"model":"gpt-4o","x":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')]);
    const headers = { ...origin, authorization: `Bearer ${rig.server.projectKey}`, "content-type": "application/json" };
    expect(await failureOf(await fetch(rig.url(CHAT), { method: "POST", headers, body }))).toMatchObject({
      status: 400,
      code: "invalid_json",
    });
  });

  test.each([
    "text/plain",
    "application/jsonp",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
  ])("sent as %s", async (type) => {
    const failure = await failureOf(await rig.post(CHAT, chat(), { headers: { ...origin, "content-type": type } }));
    expect(failure).toMatchObject({ status: 400, code: "invalid_content_type", param: "content-type" });
  });
});

test("an unknown model's error lists names near it", async () => {
  const failure = await failureOf(await rig.post(CHAT, chat({}, { model: "gtp-4o-mini" }), { headers: origin }));
  expect(failure.message).toContain("gpt-4o-mini");
});

test.each([
  ["x-bt-use-cache", "sometimes", 400, "invalid_header"],
  ["x-bt-use-cache", "", 400, "invalid_header"],
  ["x-bt-cache-ttl", "a week", 400, "invalid_header"],
  ["x-bt-use-creds-cache", "perhaps", 400, "invalid_header"],
  ["x-bt-org-name", "nobody", 403, "org_not_allowed"],
  ["x-bt-endpoint-name", "nowhere", 404, "endpoint_not_found"],
])("the header %s: %s is refused", async (header, value, status, code) => {
  const failure = await failureOf(await rig.post(CHAT, chat(), { headers: { ...origin, [header]: value } }));
  expect(failure).toMatchObject({ status, code, param: header });
});

describe("POST /credentials refuses", () => {
  test.each([
    ["an unknown field", { modle: "gpt-4o" }, "modle"],
    ["a lifetime of nothing", { ttl_seconds: 0 }, "ttl_seconds"],
    ["a lifetime of more than a day", { ttl_seconds: 86_401 }, "ttl_seconds"],
    ["a lifetime of half a second", { ttl_seconds: 0.5 }, "ttl_seconds"],
    ["a lifetime as text", { ttl_seconds: "600" }, "ttl_seconds"],
    ["models that are no list", { models: "gpt-4o" }, "models"],
    ["an endpoint that does not exist", { endpoints: ["chat"] }, "endpoints"],
    ["a feature that does not exist", { features: ["everything"] }, "features"],
    ["an origin with a path", { origins: ["https://app.example/x"] }, "origins"],
    ["a thumbprint that is none", { jkt: "abc" }, "jkt"],
    ["a logging without a name", { logging: {} }, "logging"],
  ])("%s", async (_, order, param) => {
    const failure = await failureOf(await rig.post("credentials", order, { headers: origin }));
    expect(failure.status).toBe(400);
    expect(String(failure.param)).toMatch(new RegExp(`^${param}`));
  });

  test("a body that is no JSON, and a name given twice", async () => {
    expect(await failureOf(await rig.post("credentials", "ttl_seconds=1", { headers: origin }))).toMatchObject({
      code: "invalid_json",
    });
    expect(
      await failureOf(await rig.post("credentials", '{"subject":"a","subject":"b"}', { headers: origin })),
    ).toMatchObject({ code: "duplicate_key" });
  });

  test("a caller who has but a credential, and says so as OAuth does", async () => {
    const caller = await createCaller(rig, "bound credential");
    const { key } = await rig.issue();
    for (const [scheme, ask] of [
      ["Bearer", () => rig.post("credentials", {}, { authorization: `Bearer ${key}`, headers: origin })],
      [
        "DPoP",
        () =>
          caller(rig.url("credentials"), {
            method: "POST",
            headers: { ...origin, "content-type": "application/json" },
            body: "{}",
          }),
      ],
    ] as const) {
      const answer = await ask();
      expect(answer.headers.get("www-authenticate")).toBe(`${scheme} error="insufficient_scope"`);
      expect(await failureOf(answer)).toMatchObject({ status: 403, code: "insufficient_scope" });
    }
  });
});

describe("no credential is no entry", () => {
  test.each([undefined, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer\u00a0x", "Token sk-x"])(
    "with Authorization: %j",
    async (authorization) => {
      const headers = {
        ...origin,
        "content-type": "application/json",
        ...(authorization === undefined ? {} : { authorization }),
      };
      const answers = await Promise.all([
        fetch(rig.url(CHAT), { method: "POST", headers, body: JSON.stringify(chat()) }),
        fetch(rig.url("models"), { headers }),
        fetch(rig.url("credentials"), { method: "POST", headers, body: "{}" }),
      ]);
      for (const answer of answers) {
        expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
        expect(await failureOf(answer)).toMatchObject({ status: 401, code: "missing_credential" });
      }
    },
  );
});
