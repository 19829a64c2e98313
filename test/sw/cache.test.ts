import { describe, expect, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { COMPLETION, createCacheRig, QUESTION } from "./cache-rig.ts";
import { bodyOf, eventStream } from "./rig.ts";

const KEEP = { [HEADER.useCache]: "always" };
const STREAM = { ...QUESTION, stream: true };

const delta = (content: string, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;
const EVENTS = [delta("Hel"), delta("lo"), delta(".", "stop"), "data: [DONE]\n\n"];

describe("the same request again", () => {
  test("is answered here, with no network, no mint and no proof", async () => {
    const rig = createCacheRig();
    rig.server.answer = () =>
      Response.json(COMPLETION, { headers: { [HEADER.usedEndpoint]: "eu", "x-request-id": "r" } });
    const first = await rig.ask();
    expect(first.headers.get(HEADER.source)).toBeNull();
    rig.dateMs += 5_400;
    const before = rig.server.seen.length;
    const again = await rig.ask();
    expect(again.text).toBe(first.text);
    expect(Object.fromEntries(again.headers)).toEqual({
      "content-type": "application/json",
      [HEADER.usedEndpoint]: "eu",
      [HEADER.cached]: "HIT",
      [HEADER.source]: "browser-cache",
      age: "5",
    });
    expect(rig.server.seen).toHaveLength(before);
  });

  test("is reported as a hit", async () => {
    const rig = createCacheRig();
    await rig.ask();
    await rig.ask();
    const reports = rig.events.filter(({ type }) => type === "hit" || type === "miss" || type === "done");
    expect(reports).toMatchObject([
      { type: "miss" },
      { type: "done", outcome: "complete" },
      { type: "hit", source: "browser-cache", status: 200 },
      { type: "done", outcome: "complete", sizeBytes: JSON.stringify(COMPLETION).length },
    ]);
  });

  test("is the same in another key order and with other spaces", async () => {
    const rig = createCacheRig();
    await rig.ask({ model: "m", temperature: 0, messages: [] });
    const body = '{ "messages": [],\n "temperature": 0.0, "model": "m" }';
    const again = await rig.call(undefined, { method: "POST", body });
    expect(again.headers.get(HEADER.cached)).toBe("HIT");
  });

  test.each<[string, object, Record<string, string>]>([
    ["another message", { ...QUESTION, messages: [] }, {}],
    ["another model", { ...QUESTION, model: "n" }, {}],
    ["a user", { ...QUESTION, user: "u" }, {}],
    ["a stream", { ...QUESTION, stream: true }, {}],
    ["another option of the stream", { ...QUESTION, stream_options: { include_usage: true } }, {}],
    ["another endpoint's name", QUESTION, { [HEADER.endpointName]: "eu" }],
    ["another organisation", QUESTION, { [HEADER.orgName]: "acme" }],
    ["another version", QUESTION, { "anthropic-version": "2023-06-01" }],
    ["another beta", QUESTION, { "openai-beta": "assistants=v2" }],
  ])("with %s is another", async (_, body, headers) => {
    const rig = createCacheRig();
    await rig.ask();
    expect((await rig.ask(body, headers)).headers.get(HEADER.cached)).toBeNull();
  });

  test("to another endpoint, or with another query, is another", async () => {
    const rig = createCacheRig();
    const body = { generationConfig: { temperature: 0 }, contents: [] };
    const url = "https://app.example/v1/proxy/google/v1beta/models/m:streamGenerateContent";
    const gemini = { candidates: [{ finishReason: "STOP", content: { parts: [{ text: "Hello." }] } }] };
    rig.server.answer = () => Response.json([gemini]);
    const sources = [];
    for (const at of [url, url, `${url}?alt=sse`, url.replace("/m:", "/n:")]) {
      sources.push((await rig.ask(body, {}, at)).headers.get(HEADER.source));
    }
    expect(sources).toEqual([null, "browser-cache", null, null]);
  });
});

describe("a request", () => {
  test.each<[string, object | string, Record<string, string>]>([
    ["that need not have the same answer", { model: "m" }, {}],
    ["that says never", QUESTION, { [HEADER.useCache]: "never" }],
    ["that says no-store", QUESTION, { "cache-control": "no-store" }],
    ["with a number that nobody can hold", '{"model":"m","temperature":0,"max_tokens":9007199254740993}', {}],
    ["with a member twice", '{"model":"m","model":"m","temperature":0}', {}],
    ["for the rest of an answer", QUESTION, { [HEADER.position]: "10" }],
    ["that is no JSON", "temperature", KEEP],
    ["that is too long", { ...QUESTION, user: "u".repeat(1024 * 1024) }, {}],
  ])("%s is never kept", async (_, body, headers) => {
    const rig = createCacheRig();
    const text = typeof body === "string" ? body : JSON.stringify(body);
    for (let at = 0; at < 2; at++) {
      const answer = await rig.call(undefined, { method: "POST", headers, body: text });
      expect(answer.headers.get(HEADER.cached)).toBeNull();
      await answer.text();
    }
    expect((await rig.cache.info()).entries).toEqual([]);
  });

  test("that says always is kept", async () => {
    const rig = createCacheRig();
    await rig.ask({ model: "m" }, KEEP);
    expect((await rig.ask({ model: "m" }, KEEP)).headers.get(HEADER.cached)).toBe("HIT");
  });

  test("for a list is sent each time", async () => {
    const rig = createCacheRig();
    for (let at = 0; at < 2; at++) {
      await rig.call("https://api.openai.com/v1/models", { method: "GET", headers: KEEP });
    }
    expect(rig.server.calls()).toHaveLength(2);
  });

  test("that says no-cache is sent, and refreshes what is kept", async () => {
    const rig = createCacheRig();
    let count = 0;
    rig.server.answer = () => Response.json({ ...COMPLETION, id: `${++count}` });
    await rig.ask();
    expect(JSON.parse((await rig.ask(QUESTION, { "cache-control": "no-cache" })).text)).toMatchObject({ id: "2" });
    expect(rig.server.calls().at(-1)?.headers.get("cache-control")).toBe("no-cache");
    expect(JSON.parse((await rig.ask()).text)).toMatchObject({ id: "2" });
  });

  test("that names an age gets no older answer", async () => {
    const rig = createCacheRig();
    await rig.ask();
    rig.dateMs += 10_000;
    const ages = [];
    for (const age of [10, 9])
      ages.push((await rig.ask(QUESTION, { "cache-control": `max-age=${age}` })).headers.get("age"));
    expect(ages).toEqual(["10", null]);
  });

  test("has an answer that is as old as its end, however long its keys take", async () => {
    const keys = Promise.withResolvers<void>();
    const rig = createCacheRig({
      around: (memory) => ({ ...memory, swapKeys: (...asked) => keys.promise.then(() => memory.swapKeys(...asked)) }),
    });
    await rig.ask();
    rig.dateMs += 10_000;
    keys.resolve();
    expect((await rig.ask()).headers.get("age")).toBe("10");
  });

  test("that names a time is kept for so long", async () => {
    const rig = createCacheRig();
    await rig.ask(QUESTION, { [HEADER.cacheTtl]: "60" });
    rig.dateMs += 59_999;
    expect((await rig.ask()).headers.get(HEADER.cached)).toBe("HIT");
    rig.dateMs += 1;
    expect((await rig.cache.info()).entries).toEqual([]);
    expect((await rig.ask()).headers.get(HEADER.cached)).toBeNull();
  });

  test("that aborts while the cache is asked rejects with its reason", async () => {
    const rig = createCacheRig({ around: (memory) => ({ ...memory, get: () => new Promise(() => undefined) }) });
    await rig.ask();
    const abort = new AbortController();
    const asking = rig.call(
      undefined,
      { method: "POST", body: JSON.stringify({ ...QUESTION, user: "other" }) },
      { abort },
    );
    abort.abort(new Error("left"));
    await expect(asking).rejects.toThrow("left");
  });
});

describe("an answer", () => {
  test.each<[string, () => Response]>([
    ["of another status", () => Response.json(COMPLETION, { status: 203 })],
    ["that is an error", () => Response.json({ error: { message: "no" } }, { status: 500 })],
    ["that is an error with status 200", () => Response.json({ error: { message: "no" } })],
    ["that is no JSON", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["without content", () => Response.json({})],
    ["whose choice has no end", () => Response.json({ choices: [{ message: {}, finish_reason: null }] })],
    ["that is larger than an eighth of the budget", () => Response.json({ ...COMPLETION, pad: "x".repeat(9_000) })],
  ])("%s is not kept", async (_, answer) => {
    const rig = createCacheRig();
    rig.server.answer = answer;
    await rig.ask();
    await rig.ask();
    expect(rig.server.calls()).toHaveLength(2);
    expect((await rig.cache.info()).entries).toEqual([]);
  });

  test("that breaks off is not kept", async () => {
    const rig = createCacheRig();
    rig.server.answer = () => new Response(bodyOf(['{"choices":'], "break").body);
    await expect(rig.ask()).rejects.toThrow();
    await rig.ask().catch(() => undefined);
    expect(rig.server.calls().length).toBeGreaterThanOrEqual(2);
  });

  test("of the edge's cache keeps its age", async () => {
    const rig = createCacheRig();
    rig.server.answer = () => Response.json(COMPLETION, { headers: { age: "100", [HEADER.cached]: "HIT" } });
    await rig.ask(QUESTION, { [HEADER.cacheTtl]: "150" });
    rig.dateMs += 49_000;
    expect((await rig.ask()).headers.get("age")).toBe("149");
    rig.dateMs += 1_000;
    expect((await rig.ask()).headers.get(HEADER.source)).toBeNull();
  });
});

describe("a stream", () => {
  test("is replayed byte for byte, however it came", async () => {
    const text = EVENTS.join("");
    for (const size of [1, 7, text.length]) {
      const rig = createCacheRig();
      const parts = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      rig.server.answer = () => eventStream(parts);
      expect((await rig.ask(STREAM)).text).toBe(text);
      const again = await rig.ask(STREAM);
      expect([again.text, again.headers.get(HEADER.source)]).toEqual([text, "browser-cache"]);
      expect(again.headers.get("content-type")).toBe("text/event-stream");
    }
  });

  test.each<[string, readonly string[]]>([
    ["that ends without its mark", EVENTS.slice(0, 3)],
    ["with an error in it", [...EVENTS.slice(0, 1), 'event: error\ndata: {"error":{"message":"no"}}\n\n']],
    ["with a choice that has no end", [...EVENTS.slice(0, 2), "data: [DONE]\n\n"]],
    ["of nothing but its mark", ["data: [DONE]\n\n"]],
  ])("%s is not kept", async (_, events) => {
    const rig = createCacheRig();
    rig.server.answer = () => eventStream(events);
    await rig.ask(STREAM);
    await rig.ask(STREAM);
    expect((await rig.cache.info()).entries).toEqual([]);
  });

  test("that its reader left at the mark is kept, one that was left before is not", async () => {
    for (const [reads, source] of [
      [1, null],
      [4, "browser-cache"],
    ] as const) {
      const rig = createCacheRig();
      rig.server.answer = () => eventStream(EVENTS, "stay");
      const answer = await rig.call(undefined, { method: "POST", body: JSON.stringify(STREAM) });
      const reader = answer.body?.getReader();
      for (let at = 0; at < reads; at++) await reader?.read();
      await reader?.cancel();
      rig.server.answer = () => eventStream(EVENTS);
      expect((await rig.ask(STREAM)).headers.get(HEADER.source)).toBe(source);
    }
  });
});
