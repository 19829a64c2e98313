import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compileEndpoint } from "../../mint-server/endpoint-config.ts";
import { anthropicMessages } from "../clients/anthropic.ts";
import { attempt } from "../clients/client.ts";
import { googleModels } from "../clients/google-genai.ts";
import { openaiChat } from "../clients/openai-chat.ts";
import { openaiResponses } from "../clients/openai-responses.ts";
import { codeOf } from "../support/failure.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { type Orders, orderInText } from "../support/stand-in/orders.ts";
import { TEXT } from "../support/stand-in/test-orders.ts";
import { authorityOf } from "./rig.ts";

// Models that an organisation serves itself, or has served under names of its own.

const KEY = "project-key-of-the-custom-models";
const SECRET = "key-canary-of-a-custom-endpoint-77ab";
const HEADER_SECRET = "header-canary-of-a-custom-endpoint-1f0c";

const format = (name: "openai" | "anthropic" | "google" | "window" | "js") =>
  ({ flavor: "chat", format: name }) as const;

const configFor = (standIn: string) => {
  const at = (path: string) => `${new URL(standIn).origin}/${path}`;
  const own = { provider: "custom", apiKey: SECRET };
  const endpoints = [
    {
      ...own,
      name: "ours",
      baseURL: at("ours/v1"),
      headers: { "x-team": "a", "X-Proof": HEADER_SECRET },
      customModels: {
        "acme-chat": {
          ...format("openai"),
          multimodal: true,
          inputCostPerMillionTokens: 0.5,
          outputCostPerMillionTokens: 1.5,
        },
        "acme-reader": {
          ...format("openai"),
          contextTokens: 8000,
          inputCostPerMillionTokens: 0.5,
          outputCostPerMillionTokens: 1.5,
          cacheReadCostPerMillionTokens: 0.25,
          cacheWriteCostPerMillionTokens: 0.75,
        },
        "acme-text": { ...format("openai"), flavor: "completion" },
        "acme-claude": format("anthropic"),
        "acme-gemini": format("google"),
      },
    },
    {
      ...own,
      name: "keyed",
      auth: "api-key",
      baseURL: at("keyed"),
      customModels: {
        "keyed-chat": format("openai"),
        "keyed-claude": format("anthropic"),
        "keyed-gemini": format("google"),
      },
    },
    {
      name: "open",
      provider: "custom",
      auth: "none",
      baseURL: at("open"),
      customModels: { "open-claude": format("anthropic") },
    },
    // A provider of the table that has another's models under names of ours.
    {
      name: "mixed",
      provider: "openai",
      apiKey: SECRET,
      baseURL: at("mixed/v1"),
      customModels: { "mixed-claude": format("anthropic") },
    },
    {
      ...own,
      name: "still",
      baseURL: at("still"),
      supportsStreaming: false,
      customModels: {
        "still-chat": format("openai"),
        "still-claude": format("anthropic"),
        "still-gemini": format("google"),
      },
    },
    {
      ...own,
      name: "browsers",
      baseURL: at("browsers"),
      customModels: { "acme-window": format("window"), "acme-js": format("js") },
    },
  ];
  return { orgs: { acme: { keys: [KEY], endpoints, origins: ["https://app.example"] } } };
};

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ config: configFor });
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const post = (path: string, body: object) => rig.post(path, body, { authorization: `Bearer ${KEY}` });
const say = (model: string, orders: Orders = {}) => ({
  model,
  messages: [{ role: "user", content: `Say something. ${orderInText(orders)}` }],
});

describe("a model's format decides where and how its endpoint is asked", () => {
  const bearer = { authorization: `Bearer ${SECRET}` };
  test.each([
    ["acme-chat", "/ours/v1/chat/completions", bearer, "messages"],
    ["acme-claude", "/ours/v1/messages", bearer, "max_tokens"],
    ["acme-gemini", "/ours/v1beta/models/acme-gemini:generateContent", bearer, "contents"],
    ["keyed-chat", "/keyed/chat/completions", { "api-key": SECRET }, "messages"],
    ["keyed-claude", "/keyed/v1/messages", { "x-api-key": SECRET }, "max_tokens"],
    ["keyed-gemini", "/keyed/v1beta/models/keyed-gemini:generateContent", { "x-goog-api-key": SECRET }, "contents"],
    ["open-claude", "/open/v1/messages", {}, "max_tokens"],
    ["mixed-claude", "/mixed/v1/messages", bearer, "max_tokens"],
  ])("%s at %s", async (model, path, authority, field) => {
    const answer = await post("chat/completions", say(model, { text: TEXT }));
    const body = (await answer.json()) as { choices: readonly { message: { content: string } }[] };
    expect([answer.status, body.choices[0]?.message.content]).toEqual([200, TEXT]);
    const [request, ...more] = rig.standIn.requests;
    expect([request?.path, more.length]).toEqual([path, 0]);
    expect(JSON.parse(JSON.stringify(authorityOf(request)))).toEqual(authority);
    expect(Object.keys(request?.fields ?? {})).toContain(field);
  });
});

test("an endpoint's own headers go with every request, and never come back", async () => {
  for (const model of ["acme-chat", "acme-claude", "acme-gemini"]) {
    rig.standIn.requests.length = 0;
    const message = `what is ${HEADER_SECRET}?`;
    const error = { message, type: "invalid_request_error" };
    const answer = await post("chat/completions", say(model, { status: 400, body: { type: "error", error } }));
    expect(rig.standIn.requests[0]?.headers).toMatchObject({ "x-team": "a", "x-proof": HEADER_SECRET });
    // Nor does so short a value as the team's take its letters out of what is said.
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { message: "what is …?" } }]);
  }
});

test("/auto asks a completion model for a completion, and a chat model for a chat", async () => {
  await (await post("auto", { model: "acme-text", prompt: "Say" })).arrayBuffer();
  await (await post("auto", say("acme-chat"))).arrayBuffer();
  await (await post("auto", say("acme-claude"))).arrayBuffer();
  expect(rig.standIn.requests.map(({ path }) => path)).toEqual([
    "/ours/v1/completions",
    "/ours/v1/chat/completions",
    "/ours/v1/messages",
  ]);
});

test("GET /models tells what is configured of them, and none of the provider's others", async () => {
  const answer = await fetch(rig.url("models"), { headers: { authorization: `Bearer ${KEY}` } });
  const { data } = (await answer.json()) as { data: readonly { readonly id: string }[] };
  const custom = data.filter(({ id }) => /^(acme|keyed|open|mixed|still)-/.test(id));
  const facts = { flavor: "chat", multimodal: false, providers: ["custom"] };
  const unpriced = { input_cost_per_million_tokens: null, output_cost_per_million_tokens: null };
  expect(custom).toHaveLength(15);
  expect(custom.find(({ id }) => id === "acme-chat")).toMatchObject({
    ...facts,
    format: "openai",
    multimodal: true,
    input_cost_per_million_tokens: 0.5,
    output_cost_per_million_tokens: 1.5,
  });
  expect(custom.find(({ id }) => id === "acme-text")).toMatchObject({ ...facts, ...unpriced, flavor: "completion" });
  expect(custom.find(({ id }) => id === "acme-claude")).toMatchObject({ ...facts, ...unpriced, format: "anthropic" });
  expect(custom.find(({ id }) => id === "keyed-gemini")).toMatchObject({ ...facts, ...unpriced, format: "google" });
  expect(custom.find(({ id }) => id === "mixed-claude")).toMatchObject({ providers: ["openai"], format: "anthropic" });
  expect(custom.find(({ id }) => id === "acme-window")).toMatchObject({ format: "window" });
});

describe("a document may be all that its model can read, as configured", () => {
  const file = { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" };
  const read = (model: string) => ({
    model,
    max_tokens: 10,
    messages: [{ role: "user", content: [{ type: "file", file }] }],
  });
  const limited = async (limits: object, body: object) => {
    const { key } = await rig.issue({ limits }, `Bearer ${KEY}`);
    const answer = await rig.post("chat/completions", body, { authorization: `Bearer ${key}` });
    const said: unknown = await answer.json();
    return answer.ok ? answer.status : codeOf(said);
  };

  test("in tokens", async () => {
    expect(await limited({ tokens: 8010 }, read("acme-reader"))).toBe(200);
    expect(await limited({ tokens: 8009 }, read("acme-reader"))).toBe("budget_exceeded");
    // Nobody said how much this one reads.
    expect(await limited({ tokens: 9_000_000 }, read("acme-chat"))).toBe("budget_exceeded");
  });

  test("in money, at worst all of it written to a cache", async () => {
    const usd = (8000 * 0.75 + 10 * 1.5) / 1e6;
    expect(await limited({ usd }, read("acme-reader"))).toBe(200);
    expect(await limited({ usd: usd - 1e-6 }, read("acme-reader"))).toBe("budget_exceeded");
  });
});

test("a model's facts are what is configured of it, and no more", () => {
  const figures = {
    contextTokens: 8000,
    inputCostPerMillionTokens: 0.5,
    outputCostPerMillionTokens: 1.5,
    cacheReadCostPerMillionTokens: 0.25,
    cacheWriteCostPerMillionTokens: 0.75,
  };
  const models = { "acme-reader": { ...format("openai"), ...figures }, "acme-claude": format("anthropic") };
  const baseURL = "https://models.example/v1";
  const { customModels } = compileEndpoint(
    { name: "ours", provider: "custom", apiKey: SECRET, baseURL, customModels: models },
    "endpoints[0]",
  );
  expect(Object.fromEntries(customModels)).toStrictEqual({
    "acme-reader": { flavor: "chat", format: "openai", multimodal: false, ...figures },
    "acme-claude": { flavor: "chat", format: "anthropic", multimodal: false },
  });
});

describe("an endpoint that cannot stream", () => {
  const CALLERS = [openaiChat, openaiResponses, anthropicMessages, googleModels];
  const cases = ["still-chat", "still-claude", "still-gemini"].flatMap((model) =>
    CALLERS.map((caller) => [model, caller.name, caller] as const),
  );

  test.each(cases)("%s is asked for the whole, which %s gets as a stream", async (model, _, caller) => {
    const outcome = await attempt(caller, {
      model,
      apiKey: KEY,
      baseURL: rig.url("").replace(/\/$/, ""),
      stream: true,
      turns: [{ role: "user", text: `Say something. ${orderInText({ text: TEXT })}` }],
    });
    if (outcome.kind !== "said") throw new Error(JSON.stringify(outcome));
    expect([outcome.said.text, outcome.said.deltas.join("")]).toEqual([TEXT, TEXT]);
    const [request, ...more] = rig.standIn.requests;
    expect([more.length, request?.fields.stream, /stream/i.test(request?.path ?? "")]).toEqual([0, undefined, false]);
  });

  test.each(["still-chat", "still-claude", "still-gemini"])(
    "%s, for Completions and for Gemini's array",
    async (model) => {
      const completion = await post("completions", {
        model,
        prompt: `Say something. ${orderInText({ text: TEXT })}`,
        stream: true,
      });
      expect(completion.headers.get("content-type")).toMatch(/^text\/event-stream/);
      expect(await completion.text()).toMatch(/"text_completion"[\s\S]*data: \[DONE\]\s*$/);
      const contents = [{ role: "user", parts: [{ text: `Say something. ${orderInText({ text: TEXT })}` }] }];
      const array = await post(`google/v1beta/models/${model}:streamGenerateContent`, { contents });
      expect(array.headers.get("content-type")).toMatch(/^application\/json/);
      const chunks = (await array.json()) as {
        candidates: readonly { content: { parts: readonly { text: string }[] } }[];
      }[];
      const parts = chunks.flatMap(({ candidates }) => candidates.flatMap(({ content }) => content?.parts ?? []));
      expect(parts.map(({ text }) => text).join("")).toBe(TEXT);
      for (const { path, fields } of rig.standIn.requests) {
        expect([fields.stream, /stream/i.test(path)]).toEqual([undefined, false]);
      }
    },
  );
});

describe("a model that runs in the browser or in a function is nobody's to be asked for", () => {
  const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
  test.each([
    ["acme-window", "chat/completions", say("acme-window")],
    ["acme-js", "chat/completions", say("acme-js")],
    ["acme-window", "responses", { model: "acme-window", input: "Hi" }],
    ["acme-window", "anthropic/v1/messages", { ...say("acme-window"), max_tokens: 9 }],
    ["acme-window", "google/v1beta/models/acme-window:generateContent", { contents }],
  ])("%s, at %s", async (_, path, body) => {
    const answer = await post(path, body);
    expect([answer.status, codeOf(await answer.json())]).toEqual([400, "model_runs_in_browser"]);
    expect(rig.standIn.requests).toEqual([]);
  });
});
