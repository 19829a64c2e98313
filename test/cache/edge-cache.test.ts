import { describe, expect, test } from "vitest";
import { createMintServer } from "../../mint-server/embed.ts";
import { failureAnswer } from "../../mint-server/failure-answers.ts";
import {
  completion,
  configWith,
  openSlot,
  openStore,
  PROJECT_KEY,
  placeOf,
  QUESTION,
  servicesOn,
  slotOf,
  textIn,
  textOf,
  whole,
} from "./rig.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const answer = completion("Whoever has the die can strike the coin.");

describe("where caching applies", () => {
  const { temperature: _temperature, ...plain } = QUESTION;
  const embedding = { model: "text-embedding-3-small", input: "die" };
  const gemini = { contents: [{ parts: [{ text: "die" }] }] };
  const always = { "x-bt-use-cache": "always" };
  test.each([
    ["a chat at temperature 0", { body: QUESTION }, true],
    ["a chat with a seed", { body: { ...plain, seed: 7 } }, true],
    ["a chat like any other", { body: plain }, false],
    ["a chat like any other, with always", { body: plain, headers: always }, true],
    ["a chat at temperature 0, with never", { headers: { "x-bt-use-cache": "never" } }, false],
    ["a chat at temperature 0, with no-store", { headers: { "cache-control": "no-store" } }, false],
    ["an embedding", { path: "embeddings", body: embedding }, true],
    ["a Gemini call at temperature 0", geminiAsked({ ...gemini, generationConfig: { temperature: 0 } }), true],
    ["a Gemini call like any other", geminiAsked(gemini), false],
    ["a Responses call that goes on from another", responses({ previous_response_id: "resp_1" }), false],
    ["a Responses call in the background", responses({ background: true }), false],
    [
      "an image, with always",
      { path: "images/generations", body: { model: "dall-e-3", prompt: "die" }, headers: always },
      false,
    ],
  ])("%s: %#", async (_what, asked, applies) => {
    const services = await servicesOn(openStore());
    expect((await slotOf(services, asked)) !== undefined).toBe(applies);
  });

  function geminiAsked(body: object) {
    return { path: "google/v1beta/models/gemini-2.5-flash:generateContent", body };
  }

  function responses(more: object) {
    return {
      path: "responses",
      body: { model: "gpt-4o-mini", temperature: 0, input: "die", ...more },
      headers: always,
    };
  }
});

describe("a stored answer", () => {
  test("comes back as it was, with its endpoint and its age", async () => {
    const store = openStore();
    const services = await servicesOn(store);
    const now = Date.now();
    const slot = await placeOf(services, { now });
    expect(await slot.find()).toBeUndefined();
    await slot.keep(answer);
    const later = await placeOf(services, { now: now + 5500 });
    expect(later.name).toBe(slot.name);
    const found = await later.find();
    expect(found).toEqual({
      status: 200,
      headers: { "content-type": "application/json", "x-bt-used-endpoint": "openai-1", age: "5" },
      body: answer.body,
    });
    expect(services.cacheCounters).toEqual({ hits: 1, misses: 1, errors: 0, invalid: 0 });
    expect([...store.ttlSeconds.values()]).toEqual([604_800]);
  });

  test("answers the same JSON in another order, and no other question", async () => {
    const services = await servicesOn(openStore());
    await (await placeOf(services)).keep(answer);
    const turned = `{"messages":[{"content":${JSON.stringify(QUESTION.messages[0]?.content)},"role":"user"}],\n "temperature":0.0,"model":"gpt-4o-mini"}`;
    expect(await textIn(await placeOf(services, { body: turned }))).toBe(textOf(answer));
    const others = [
      { body: { ...QUESTION, model: "gpt-4o" } },
      { body: { ...QUESTION, top_p: 0.5 } },
      { body: { ...QUESTION, messages: [{ role: "user", content: "Why?" }] } },
      { headers: { "x-bt-endpoint-name": "openai-1" } },
      { headers: { "openai-beta": "assistants=v2" } },
      { path: "completions", body: { model: "gpt-3.5-turbo-instruct", temperature: 0, prompt: "die" } },
    ];
    for (const asked of others) expect(await (await placeOf(services, asked)).find()).toBeUndefined();
  });

  test("ends with its time, in memory and in the store", async () => {
    const store = openStore();
    const services = await servicesOn(store);
    const now = Date.now();
    const headers = { "x-bt-cache-ttl": "20" };
    await (await placeOf(services, { headers, now })).keep(answer);
    expect(await textIn(await placeOf(services, { now: now + 19_000 }))).toBe(textOf(answer));
    expect(await (await placeOf(services, { now: now + 40_000 })).find()).toBeUndefined();
    const another = await servicesOn(store);
    expect(await (await placeOf(another, { now: now + 40_000 })).find()).toBeUndefined();
    // It was genuine, only late.
    expect([services.cacheCounters.invalid, another.cacheCounters.invalid]).toEqual([0, 0]);
  });

  test("of a week is not there on the eighth day", async () => {
    const store = openStore();
    await (await placeOf(await servicesOn(store))).keep(answer);
    const [six, eight] = [await servicesOn(store), await servicesOn(store)];
    expect(await textIn(await placeOf(six, { now: Date.now() + 6 * DAY_MS }))).toBe(textOf(answer));
    expect(await (await placeOf(eight, { now: Date.now() + 8 * DAY_MS })).find()).toBeUndefined();
  });

  test("is too old for a request that wants a newer one", async () => {
    const services = await servicesOn(openStore());
    const now = Date.now();
    await (await placeOf(services, { now })).keep(answer);
    const asked = (seconds: number) => ({ headers: { "cache-control": `max-age=${seconds}` }, now: now + 30_000 });
    expect(await (await placeOf(services, asked(10))).find()).toBeUndefined();
    expect(await textIn(await placeOf(services, asked(60)))).toBe(textOf(answer));
  });

  test("is not read with no-cache, and written anew", async () => {
    const services = await servicesOn(openStore());
    await (await placeOf(services)).keep(answer);
    const slot = await placeOf(services, { headers: { "cache-control": "no-cache" } });
    expect(await slot.find()).toBeUndefined();
    const newer = completion("Another answer.");
    await slot.keep(newer);
    expect(await textIn(await placeOf(services))).toBe(textOf(newer));
  });

  test("is seen by another instance, and its replacement a minute later at the latest", async () => {
    const store = openStore();
    const [one, two] = [await servicesOn(store), await servicesOn(store)];
    const now = Date.now();
    await (await placeOf(one, { now })).keep(answer);
    expect(await textIn(await placeOf(two, { now }))).toBe(textOf(answer));
    const newer = completion("Another answer.");
    await (await placeOf(one, { now })).keep(newer);
    expect(await textIn(await placeOf(two, { now: now + 61_000 }))).toBe(textOf(newer));
  });
});

describe("is not stored", () => {
  const choice = { index: 0, message: { role: "assistant", content: "a" }, finish_reason: "stop" };
  test.each([
    ["an error", { ...answer, status: 500 }],
    ["an error inside a 200", whole({ error: { message: "overloaded" } })],
    ["what was cut", { ...answer, isComplete: false }],
    ["half of a JSON text", { ...answer, body: answer.body.slice(0, 40) }],
    ["an answer without its end", whole({ object: "chat.completion", choices: [{ ...choice, finish_reason: null }] })],
    ["an answer of more than 2 MiB", completion("x".repeat(2 * 1024 * 1024))],
    ["an answer that is larger than 2 MiB once it is sealed", sized(2 * 1024 * 1024)],
  ])("%s", async (_what, given) => {
    const store = openStore();
    const services = await servicesOn(store);
    const slot = await placeOf(services);
    await slot.keep(given);
    expect(store.entries.size).toBe(0);
    expect(await slot.find()).toBeUndefined();
  });

  test("but one of just under 2 MiB is", async () => {
    const store = openStore();
    const large = sized(2 * 1024 * 1024 - 1024);
    await (await placeOf(await servicesOn(store))).keep(large);
    const found = await (await placeOf(await servicesOn(store))).find();
    expect(found?.body).toEqual(large.body);
  });

  function sized(bytes: number) {
    return completion("x".repeat(bytes - completion("").body.length));
  }
});

describe("a number that is another once it was read", () => {
  const body = (literal: string) => {
    const tools = [{ type: "function", function: { name: "f", parameters: { maximum: "LITERAL" } } }];
    return JSON.stringify({ ...QUESTION, tools }).replace('"LITERAL"', literal);
  };
  test.each(["9007199254740993", "1e400", "0.1000000000000000055511151231257827"])(
    "%s is refused by name",
    async (literal) => {
      const opened = await openSlot(await servicesOn(openStore()), { body: body(literal) });
      if (!("failure" in opened)) throw new Error("it was taken");
      const { status, error } = failureAnswer(opened.failure);
      expect(status).toBe(400);
      expect(error?.message).toContain(literal);
      expect(error?.message).toContain("x-bt-use-cache: never");
    },
  );

  test("goes on its way where nothing is cached", async () => {
    const services = await servicesOn(openStore());
    expect(await slotOf(services, { body: body("9007199254740993"), headers: { "x-bt-use-cache": "never" } })).toBe(
      undefined,
    );
  });
});

test("an embedded server keeps its answers in memory", async () => {
  const config = configWith();
  expect(createMintServer(config)).toBeDefined();
  const services = await import("../../mint-server/server.ts").then(({ createServices }) => createServices(config));
  await (await placeOf(services, { key: PROJECT_KEY })).keep(answer);
  expect(await textIn(await placeOf(services, { now: Date.now() + DAY_MS }))).toBe(textOf(answer));
});
