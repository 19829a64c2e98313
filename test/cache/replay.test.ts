import { describe, expect, test } from "vitest";
import { type RecordedStream, recordedStreams } from "./corpus.ts";
import { type Asked, completion, openStore, placeOf, QUESTION, servicesOn, stream, textIn } from "./rig.ts";

const corpus = [...recordedStreams()];

const MODELS: Readonly<Record<RecordedStream["schema"], string>> = {
  chat: "gpt-4o-mini",
  completions: "gpt-3.5-turbo-instruct",
  responses: "gpt-4o-mini",
  anthropic: "claude-haiku-4-5",
  google: "gemini-3-flash-preview",
};

/** A request whose answer the stream could be; another one for each of the corpus. */
function askFor({ schema, path }: RecordedStream, at: number, streams = true): Asked {
  const headers = { "x-bt-use-cache": "always" };
  const text = `question ${at}`;
  const contents = [{ role: "user", content: text }];
  const common = { model: MODELS[schema], ...(streams && { stream: true }) };
  switch (schema) {
    case "google": {
      const body = { contents: [{ role: "user", parts: [{ text }] }] };
      const asked = streams ? path : path.replace(":streamGenerateContent", ":generateContent");
      return { path: asked, body, headers, asEvents: true };
    }
    case "completions":
      return { path, body: { ...common, prompt: text }, headers };
    case "responses":
      return { path, body: { ...common, input: text }, headers };
    case "anthropic":
      return { path, body: { ...common, messages: contents, max_tokens: 100 }, headers };
    case "chat":
      return { path, body: { ...common, messages: contents }, headers };
  }
}

test(`each of ${corpus.length} streams is replayed byte for byte, from memory and from the store`, async () => {
  expect(corpus.length).toBeGreaterThanOrEqual(500);
  const store = openStore();
  const services = await servicesOn(store);
  for (const [at, recorded] of corpus.entries()) {
    const slot = await placeOf(services, askFor(recorded, at));
    await slot.keep(stream(recorded.text));
    expect(await textIn(slot), recorded.name).toBe(recorded.text);
  }
  expect(store.entries.size).toBe(corpus.length);
  const other = await servicesOn(store);
  for (const [at, recorded] of corpus.entries()) {
    const found = await (await placeOf(other, askFor(recorded, at))).find();
    expect(found?.headers["content-type"]).toBe("text/event-stream");
    expect(found && new TextDecoder().decode(found.body), recorded.name).toBe(recorded.text);
  }
  expect(other.cacheCounters).toEqual({ hits: corpus.length, misses: 0, errors: 0, invalid: 0 });
});

test("what was changed, cut, or put under another's name in the store is a miss, and counted", async () => {
  const store = openStore();
  const services = await servicesOn(store);
  for (const [at, recorded] of corpus.entries()) {
    await (await placeOf(services, askFor(recorded, at))).keep(stream(recorded.text));
  }
  const genuine = new Map(store.entries);
  const names = [...genuine.keys()];
  const damages: readonly ((bytes: Uint8Array<ArrayBuffer>, at: number) => Uint8Array<ArrayBuffer>)[] = [
    (bytes, at) => bytes.map((byte, place) => (place === (at * 31) % bytes.length ? byte ^ (1 << (at % 8)) : byte)),
    (bytes, at) => bytes.slice(0, (at * 17) % bytes.length),
    (_bytes, at) => genuine.get(names[(at + 1) % names.length] ?? "") ?? new Uint8Array(),
  ];
  for (const damage of damages) {
    for (const [at, name] of names.entries()) {
      store.entries.set(name, damage(genuine.get(name) ?? new Uint8Array(), at));
    }
    const other = await servicesOn(store);
    for (const [at, recorded] of corpus.entries()) {
      expect(await (await placeOf(other, askFor(recorded, at))).find(), recorded.name).toBeUndefined();
    }
    const { length } = corpus;
    expect(other.cacheCounters).toEqual({ hits: 0, misses: length, errors: 0, invalid: length });
  }
});

describe("the other form", () => {
  test("of a stored stream answers the same request without `stream`, wherever nothing is lost", async () => {
    const services = await servicesOn(openStore());
    const had = new Map<string, number>();
    for (const [at, recorded] of corpus.entries()) {
      await (await placeOf(services, askFor(recorded, at))).keep(stream(recorded.text));
      const found = await (await placeOf(services, askFor(recorded, at, false))).find();
      if (!found) continue;
      expect(found.headers["content-type"]).toBe("application/json");
      JSON.parse(new TextDecoder().decode(found.body));
      had.set(recorded.schema, (had.get(recorded.schema) ?? 0) + 1);
    }
    for (const schema of Object.keys(MODELS)) expect(had.get(schema) ?? 0, schema).toBeGreaterThan(10);
  });

  const usageAsked = { stream_options: { include_usage: true } };
  const body = (more: object) => ({ ...QUESTION, ...more });
  const event = (value: object) =>
    `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-mini", ...value })}\n\n`;
  const said = event({ choices: [{ index: 0, delta: { role: "assistant", content: "Hi" }, finish_reason: null }] });
  const ended = event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  const used = event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 } });
  const withUsage = `${said}${ended}${used}data: [DONE]\n\n`;

  test("of a stream with its usage is also a stream without, and not the other way round", async () => {
    const services = await servicesOn(openStore());
    const [plain, counted] = [body({ stream: true }), body({ stream: true, ...usageAsked })];
    await (await placeOf(services, { body: counted })).keep(stream(withUsage));
    expect(await textIn(await placeOf(services, { body: counted }))).toBe(withUsage);
    const without = await textIn(await placeOf(services, { body: plain }));
    expect(without).toContain('"content":"Hi"');
    expect(without).not.toContain("usage");
    await (await placeOf(services, { body: plain })).keep(stream(`${said}${ended}data: [DONE]\n\n`));
    expect(await (await placeOf(services, { body: counted })).find()).toBeUndefined();
  });

  test("of a whole answer is a stream with the same words", async () => {
    const services = await servicesOn(openStore());
    await (await placeOf(services)).keep(completion("Hi"));
    const found = await (await placeOf(services, { body: body({ stream: true, ...usageAsked }) })).find();
    expect(found?.headers).toMatchObject({ "content-type": "text/event-stream", "x-bt-used-endpoint": "openai-1" });
    const events = new TextDecoder().decode(found?.body).split("\n\n");
    expect(events.filter((data) => data.includes('"content":"Hi"'))).toHaveLength(1);
    expect(events.filter((data) => data.includes('"total_tokens":12'))).toHaveLength(1);
    expect(events.at(-2)).toBe("data: [DONE]");
  });
});
