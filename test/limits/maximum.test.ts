import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Rig } from "../support/rig.ts";
import { chat } from "../support/work.ts";
import { CALLER_SCHEMAS, type CallerSchema, MODELS, statedMaximum } from "./callers.ts";
import { credentialFor, startOrgs } from "./orgs.ts";
import { dollars, outcomeOf } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const lastFields = () => rig.standIn.requests.at(-1)?.fields ?? {};
const lastMaximum = () => statedMaximum(lastFields());
const PAIRS = CALLER_SCHEMAS.flatMap((schema) => MODELS.map(({ model }) => [schema.name, model, schema] as const));

async function ask(schema: CallerSchema, body: { readonly model: string; readonly max?: number }, limits?: object) {
  const authorization = await credentialFor(rig, "plain", limits ? { limits } : {});
  return outcomeOf(rig.post(schema.path(body.model, false), schema.body(body), { authorization }));
}

describe.each(PAIRS)("a %s request for %s", (name, model, schema) => {
  test("is sent with what was set aside as its maximum, if it states none", async () => {
    if (name === "Messages") return;
    expect(await ask(schema, { model }, { tokens: 100_000 })).toBe("200");
    expect(lastMaximum()).toBe(4096);
    expect(await ask(schema, { model }, { maxTokensPerRequest: 77 })).toBe("200");
    expect(lastMaximum()).toBe(77);
  });

  test("keeps the maximum that it states", async () => {
    expect(await ask(schema, { model, max: 33 }, { tokens: 100_000, maxTokensPerRequest: 100 })).toBe("200");
    expect(lastMaximum()).toBe(33);
  });

  test("may take what fits and no more", async () => {
    const bytes = JSON.stringify(schema.body({ model })).length;
    if (name === "Messages") {
      expect(await ask(schema, { model }, { tokens: bytes + 59 })).toBe("402 budget_exceeded");
      expect(await ask(schema, { model }, { tokens: bytes + 60 })).toBe("200");
    } else {
      expect(await ask(schema, { model }, { tokens: bytes + 15 })).toBe("402 budget_exceeded");
      expect(rig.standIn.requests).toHaveLength(0);
      expect(await ask(schema, { model }, { tokens: bytes + 123 })).toBe("200");
      expect(lastMaximum()).toBe(123);
    }
  });
});

const sendChat = async (body: object, order: object): Promise<string> => {
  const authorization = await credentialFor(rig, "plain", order);
  return outcomeOf(rig.post("chat/completions", body, { authorization }));
};

test("money that is left buys as many tokens as it can", async () => {
  const body = chat();
  const input = Math.ceil(JSON.stringify(body).length * 2.5);
  expect(await sendChat(body, { limits: { usd: dollars(input + 1009) } })).toBe("200");
  expect(lastMaximum()).toBe(100);
});

test("a model that knows `max_completion_tokens` alone gets it by that name", async () => {
  const body = { ...chat(), model: "gpt-5" };
  expect(await sendChat(body, { limits: { tokens: 100_000 } })).toBe("200");
  expect(lastFields()).toMatchObject({ max_completion_tokens: 4096 });
  expect(lastFields()).not.toHaveProperty("max_tokens");
});

test("a model that may know `max_tokens` alone gets it by that name", async () => {
  const body = { ...chat(), model: "silent", max_completion_tokens: 5 };
  expect(await sendChat(body, { limits: { tokens: 100_000 } })).toBe("200");
  expect(lastFields()).toMatchObject({ max_tokens: 5 });
  expect(lastFields()).not.toHaveProperty("max_completion_tokens");
});

test.each([{ max_tokens: Number.MAX_SAFE_INTEGER }, { max_tokens: 9, n: Number.MAX_SAFE_INTEGER }])(
  "a maximum beyond all counting does not fit: %j",
  async (fields) => {
    for (const limits of [{ usd: 1 }, { tokens: 1000 }, { maxTokensPerRequest: 1000 }]) {
      expect(await sendChat(chat({}, fields), { features: ["multiple_choices"], limits })).toBe("402 budget_exceeded");
    }
    expect(rig.standIn.requests).toHaveLength(0);
  },
);

test("a maximum in two spellings is refused, whichever a provider would believe", async () => {
  const authorization = await credentialFor(rig, "plain", { limits: { usd: 1 } });
  for (const model of ["gemini-2.0-flash", "gpt-4o"]) {
    const body = {
      contents: [{ role: "user", parts: [{ text: "Hi." }] }],
      generationConfig: { maxOutputTokens: 5, candidateCount: 1 },
      generation_config: { maxOutputTokens: 60_000, candidateCount: 8 },
    };
    const answer = rig.post(`google/v1beta/models/${model}:generateContent`, body, { authorization });
    expect(await outcomeOf(answer)).toBe("400 invalid_value");
  }
  expect(rig.standIn.requests).toHaveLength(0);
});

test("a list of texts fits only where each of them may be as long as it is", async () => {
  // What one text may have costs 164 micro-dollars at most.
  const authorization = await credentialFor(rig, "plain", { limits: { usd: dollars(500) } });
  const ask = (texts: number) => {
    const body = { model: "text-embedding-3-small", input: Array(texts).fill("word ".repeat(1600)) };
    return outcomeOf(rig.post("embeddings", body, { authorization, headers: { "x-bt-use-cache": "never" } }));
  };
  expect(await ask(4)).toBe("402 budget_exceeded");
  expect(await ask(3)).toBe("200");
});

test("all choices share what was set aside", async () => {
  const order = { features: ["multiple_choices"], limits: { maxTokensPerRequest: 100 } };
  expect(await sendChat(chat({}, { n: 4 }), order)).toBe("200");
  expect(lastMaximum()).toBe(25);
  expect(await sendChat(chat({}, { n: 4, max_tokens: 26 }), order)).toBe("402 budget_exceeded");
});

describe("a request whose answers would get no token each", () => {
  test.each<[string, object, object]>([
    ["many choices and few tokens in all", { n: 20 }, { maxTokensPerRequest: 19 }],
    ["many choices and few tokens left", { n: 100 }, { tokens: 400 }],
    [
      "a prediction longer than what is allowed",
      { prediction: { type: "content", content: "x".repeat(500) } },
      { maxTokensPerRequest: 100 },
    ],
  ])("is refused: %s", async (_, fields, limits) => {
    expect(await sendChat(chat({}, fields), { features: ["multiple_choices"], limits })).toBe("402 budget_exceeded");
    expect(rig.standIn.requests).toHaveLength(0);
  });
});

test("a completion without a maximum gets the one of its API", async () => {
  const authorization = await credentialFor(rig, "plain", { limits: { tokens: 10_000 } });
  const body = { model: "gpt-3.5-turbo-instruct", prompt: "Say" };
  expect(await outcomeOf(rig.post("completions", body, { authorization }))).toBe("200");
  expect(lastFields()).toEqual({ ...body, max_tokens: 16 });
});

test.each([false, true])(
  "a request of a credential without such limits is sent as it came, streaming: %s",
  async (stream) => {
    const body = JSON.stringify(chat({}, { stream }));
    for (const order of [{}, { limits: { requests: 5, requestsPerMinute: 5 } }]) {
      expect(await sendChat(JSON.parse(body) as object, order)).toBe("200");
      expect(rig.standIn.requests.at(-1)?.body.toString()).toBe(body);
    }
  },
);

test("embeddings are counted by their input", async () => {
  const body = { model: "text-embedding-3-small", input: ["a", "b"] };
  const bytes = JSON.stringify(body).length;
  const authorization = await credentialFor(rig, "plain", { limits: { tokens: bytes + 6 } });
  const headers = { "x-bt-use-cache": "never" };
  const ask = () => outcomeOf(rig.post("embeddings", body, { authorization, headers }));
  // The stand-in charges three tokens an input.
  expect([await ask(), await ask(), await ask()]).toEqual(["200", "200", "402 budget_exceeded"]);
  expect(rig.standIn.requests.map(({ body: sent }) => sent.toString())).toEqual(
    [body, body].map((one) => JSON.stringify(one)),
  );
});
