import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCaller, type Rig, startRig } from "../support/rig.ts";
import { order } from "../support/stand-in.ts";
import { chat } from "../support/work.ts";

let rig: Rig;
let openai: OpenAI;
const messages = [{ role: "user" as const, content: "Say something." }];
const TEXT = "Hello from the stand-in.";

beforeAll(async () => {
  rig = await startRig();
  openai = new OpenAI({ apiKey: (await rig.issue()).key, baseURL: `${rig.server.url}/v1/proxy`, maxRetries: 0 });
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

describe("the openai package, unmodified", () => {
  test("gets a chat answer", async () => {
    const answer = await openai.chat.completions.create({ model: "gpt-4o", messages });
    expect(answer.choices[0]?.message.content).toBe(TEXT);
  });

  test("reads a chat stream to its end", async () => {
    const stream = await openai.chat.completions.create({
      model: "gpt-4o",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    expect([text, usage]).toEqual([TEXT, { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }]);
  });

  test("reads a response, whole and streaming", async () => {
    expect((await openai.responses.create({ model: "gpt-5", input: "x" })).output_text).toBe(TEXT);
    const stream = openai.responses.stream({ model: "gpt-5", input: "x" });
    expect((await stream.finalResponse()).output_text).toBe(TEXT);
  });

  test("embeds, moderates, draws, speaks, transcribes and completes", async () => {
    const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
    expect(
      (await openai.moderations.create({ input: "violence", model: "omni-moderation-latest" })).results[0]?.flagged,
    ).toBe(true);
    expect((await openai.images.generate({ model: "gpt-image-1", prompt: "x" })).data?.[0]?.b64_json).toMatch(/^iVBOR/);
    const speech = await openai.audio.speech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: "x" });
    expect(Buffer.from(await speech.arrayBuffer()).toString("latin1", 0, 4)).toBe("RIFF");
    const file = new File([Uint8Array.of(1, 2, 3)], "a.wav");
    expect((await openai.audio.transcriptions.create({ model: "whisper-1", file })).text).toBe(TEXT);
    expect((await openai.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "x" })).choices[0]?.text).toBe(
      TEXT,
    );
  });

  test("moderates without naming a model, as OpenAI's documentation does", async () => {
    expect((await openai.moderations.create({ input: "violence" })).results[0]?.flagged).toBe(true);
    expect(rig.standIn.requests[0]?.body.toString()).toBe('{"input":"violence"}');
    const strict = openai.withOptions({ apiKey: (await rig.issue({ model: "gpt-4o" })).key });
    await expect(strict.moderations.create({ input: "violence" })).rejects.toMatchObject({
      code: "insufficient_scope",
    });
  });

  test("lists models", async () => {
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toContain("gpt-4o");
    expect((await openai.models.retrieve("gpt-4o")).id).toBe("gpt-4o");
  });

  test("works with a credential that is bound to a key", async () => {
    const caller = await createCaller(rig, "bound credential");
    const bound = new OpenAI({
      apiKey: "not used",
      baseURL: rig.url("").slice(0, -1),
      maxRetries: 0,
      fetch: (url, init) => caller(String(url), init),
    });
    expect((await bound.chat.completions.create({ model: "gpt-4o", messages })).choices[0]?.message.content).toBe(TEXT);
  });
});

describe("errors arrive as the package's own types", () => {
  const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  test("of the mint-server", async () => {
    const notFound = await errorOf(openai.chat.completions.create({ model: "gtp-4o", messages }));
    expect(notFound).toBeInstanceOf(OpenAI.NotFoundError);
    expect(notFound).toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      message: expect.stringContaining("gpt-4o"),
    });
    const stranger = new OpenAI({
      apiKey: "eyJhbGciOiJub25lIn0.e30.",
      baseURL: rig.url("").slice(0, -1),
      maxRetries: 0,
    });
    expect(await errorOf(stranger.models.list())).toBeInstanceOf(OpenAI.AuthenticationError);
    const narrow = openai.withOptions({ apiKey: (await rig.issue({ models: ["gpt-4o"] })).key });
    expect(await errorOf(narrow.chat.completions.create({ model: "gpt-5", messages }))).toBeInstanceOf(
      OpenAI.PermissionDeniedError,
    );
    expect(await errorOf(openai.chat.completions.create({ model: "gpt-4o", messages: [] }))).toBeInstanceOf(
      OpenAI.BadRequestError,
    );
    expect(rig.standIn.requests).toEqual([]);
  });

  test.each([
    [400, OpenAI.BadRequestError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
  ])("of the provider: %i", async (status, type) => {
    const body = { error: { message: "Not so.", type: "some_type", param: "some_param", code: "some_code" } };
    const orders = order({ status, body, headers: { "retry-after": "7" } });
    const error = await errorOf(openai.chat.completions.create({ model: "gpt-4o", messages, ...orders }));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({
      status,
      type: "some_type",
      param: "some_param",
      code: "some_code",
      message: expect.stringContaining("Not so."),
    });
  });

  test.each([
    ["between two events", { cutAfterEvents: 3 }],
    ["inside an event", { cutAfterBytes: 700 }],
  ])("of a stream that was cut %s", async (_, cut) => {
    const stream = await openai.chat.completions.create({
      ...chat({ ...cut, cut: "reset" }),
      model: "gpt-4o",
      messages,
      stream: true,
    });
    const read = async () => {
      for await (const chunk of stream) expect(chunk.object).toBe("chat.completion.chunk");
    };
    const error = await errorOf(read());
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ code: "stream_truncated", type: "upstream_error" });
  });
});
