import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CacheEntry } from "../../mint-server/contract/envelope.ts";
import { isWorthKeeping } from "../../sw/cache-answer.ts";
import { createMemoryStore, createRecentEntries } from "../../sw/cache-memory.ts";
import { startRecording } from "../../sw/cache-recording.ts";
import { replay } from "../../sw/cache-replay.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const entry = (sizeBytes: number, usedAtMs: number, expiresMs = 1_000) => ({
  bytes: new Uint8Array(sizeBytes),
  createdMs: 0,
  expiresMs,
  usedAtMs,
  sizeBytes,
});

describe("the store in memory", () => {
  test("lets go what was not used for longest, and more than it must", async () => {
    const store = createMemoryStore(100, () => 0);
    for (let at = 0; at < 10; at++) await store.put(`k.${at}`, entry(10, at));
    await store.touch("k.0", 100);
    await store.put("k.new", entry(10, 50));
    const left = (await store.list()).map(({ usedAtMs }) => usedAtMs);
    expect(left.sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 50, 100]);
  });

  test("lets go what has expired before anything else", async () => {
    let nowMs = 0;
    const store = createMemoryStore(100, () => nowMs);
    await store.put("k.old", entry(60, 1, 10));
    await store.put("k.older", entry(30, 0, 100));
    nowMs = 10;
    await store.put("k.new", entry(60, 2, 100));
    expect(await store.get("k.old")).toBeUndefined();
    expect(await store.get("k.older")).toBeDefined();
  });

  test("deletes what one key has sealed, and nothing else", async () => {
    const store = createMemoryStore(100, () => 0);
    for (const id of ["a.x", "a.y", "ab.x"]) await store.put(id, entry(1, 0));
    await store.deleteOf("a");
    expect(await store.get("ab.x")).toBeDefined();
    expect(await store.list()).toHaveLength(1);
  });
});

describe("the entries of late", () => {
  test("stay within their budget, those used last", () => {
    const recent = createRecentEntries(100);
    for (const id of ["a", "b", "c", "d"]) recent.set(id, new Uint8Array(25));
    recent.get("a");
    recent.set("e", new Uint8Array(25));
    expect(["a", "b", "c", "d", "e"].filter((id) => recent.get(id))).toEqual(["a", "c", "d", "e"]);
  });

  test("do not count one twice, and take none that would fill them", () => {
    const recent = createRecentEntries(100);
    for (let at = 0; at < 50; at++) recent.set("a", new Uint8Array(25));
    recent.set("b", new Uint8Array(25));
    recent.set("big", new Uint8Array(26));
    expect(["a", "b", "big"].map((id) => recent.get(id) !== undefined)).toEqual([true, true, false]);
  });
});

describe("a recording", () => {
  test("holds the bytes and when they came", () => {
    let nowMs = 5;
    const recording = startRecording(100, () => nowMs);
    recording.chunk(bytes("ab"));
    nowMs = 12.4;
    recording.chunk(bytes("c"));
    expect(recording.finish()).toEqual({ body: bytes("abc"), pace: [2, 0, 3, 7] });
  });

  test("of a body that is too large is none", () => {
    const recording = startRecording(3, () => 0);
    recording.chunk(bytes("ab"));
    recording.chunk(bytes("cd"));
    recording.chunk(bytes("e"));
    expect(recording.finish()).toBeUndefined();
  });

  test("has few marks however many chunks come, in order, the last one among them or near", () => {
    let nowMs = 0;
    const recording = startRecording(1_000_000, () => nowMs++);
    for (let at = 0; at < 100_000; at++) recording.chunk(bytes("x"));
    const { pace = [] } = recording.finish() ?? {};
    expect(pace.length).toBeLessThanOrEqual(512);
    expect(pace.length).toBeGreaterThan(200);
    const offsets = pace.filter((_, at) => at % 2 === 0);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(offsets.at(-1)).toBeGreaterThan(99_000);
  });
});

describe("a replay", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const stored: CacheEntry = {
    createdMs: 1_000,
    expiresMs: 9_000,
    status: 200,
    headers: {},
    model: "m",
    form: "stream",
    body: bytes("abcdef"),
    pace: [2, 0, 4, 500, 5, 800],
  };

  test("is one piece, unless its pace is asked for", async () => {
    const options = { nowMs: 3_999, atPace: false, signal: new AbortController().signal };
    const answer = replay(stored, options);
    expect(answer.headers.get("age")).toBe("2");
    const { value } = (await answer.body?.getReader().read()) ?? {};
    expect(value).toEqual(stored.body);
  });

  test("at its pace comes as it came, to the last byte", async () => {
    const answer = replay(stored, { nowMs: 0, atPace: true, signal: new AbortController().signal });
    expect(answer.headers.get("age")).toBe("0");
    const came: [string, number][] = [];
    const startedMs = performance.now();
    const reader = answer.body?.getReader();
    const reading = (async () => {
      for (;;) {
        const { value } = (await reader?.read()) ?? {};
        if (!value) return;
        came.push([new TextDecoder().decode(value), Math.round(performance.now() - startedMs)]);
      }
    })();
    await vi.advanceTimersByTimeAsync(1_000);
    await reading;
    expect(came.map(([text]) => text)).toEqual(["ab", "cd", "e", "f"]);
    expect(came[0]?.[1]).toBeLessThan(100);
    expect(came[1]?.[1]).toBeGreaterThanOrEqual(500);
    expect(came[2]?.[1]).toBeGreaterThanOrEqual(800);
  });

  test("at its pace stops when its caller leaves", async () => {
    const abort = new AbortController();
    const reader = replay(stored, { nowMs: 0, atPace: true, signal: abort.signal }).body?.getReader();
    await vi.advanceTimersByTimeAsync(1);
    await reader?.read();
    const next = reader?.read();
    abort.abort(new Error("left"));
    await expect(next).rejects.toThrow("left");
  });
});

describe("what may be given again", () => {
  const chunk = (choice: object) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, ...choice }] })}\n\n`;
  const call = (text: string) => ({ delta: { tool_calls: [{ index: 0, function: { arguments: text } }] } });
  const message = (extra: object) => ({ type: "message", content: [], ...extra });
  const response = (extra: object) => ({ object: "response", output: [], ...extra });

  test.each<[string, object | string]>([
    ["a completion", { choices: [{ finish_reason: "length", message: {} }] }],
    [
      "a tool call",
      { choices: [{ finish_reason: "tool_calls", message: { tool_calls: [{ function: { arguments: "{}" } }] } }] },
    ],
    ["a message", message({ stop_reason: "end_turn" })],
    ["a response", response({ status: "completed", error: null })],
    ["a response at its limit", response({ status: "incomplete" })],
    ["embeddings", { object: "list", data: [{ embedding: [1] }] }],
    ["Gemini's answer", { candidates: [{ finishReason: "STOP" }] }],
    ["Gemini's refusal", { promptFeedback: { blockReason: "SAFETY" } }],
    ["a stream", `${chunk({})}${chunk({ finish_reason: "stop" })}data: {"choices":[],"usage":{}}\n\ndata: [DONE]\n\n`],
    ["a streamed tool call", `${chunk(call('{"a":'))}${chunk(call("1}"))}${chunk({ finish_reason: "tool_calls" })}`],
    ["a stream without its last line end", 'event: message_stop\ndata: {"type":"message_stop"}'],
    [
      "a stream of a response",
      'data: {"type":"response.completed","response":{"object":"response","status":"completed","output":[]}}\n\n',
    ],
  ])("%s", (_, answer) => {
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    expect(isWorthKeeping(bytes(text), typeof answer === "string")).toBe(true);
  });

  test.each<[string, object | string]>([
    ["an error", { error: { message: "no" } }],
    ["an error beside an answer", { choices: [{ finish_reason: "stop" }], error: { message: "no" } }],
    ["an error of Anthropic's", { type: "error", content: [] }],
    ["nothing", {}],
    ["no object", [1]],
    ["no choices", { choices: [] }],
    ["an open choice", { choices: [{ finish_reason: "stop" }, { finish_reason: null }] }],
    [
      "half a tool call",
      { choices: [{ finish_reason: "length", message: { tool_calls: [{ function: { arguments: '{"a' } }] } }] },
    ],
    ["a message without its reason", message({ stop_reason: null })],
    ["a response that failed", response({ status: "failed" })],
    ["a response that is not there yet", response({ status: "queued" })],
    [
      "half a call of a response",
      response({ status: "completed", output: [{ type: "function_call", arguments: '{"a' }] }),
    ],
    ["Gemini's open candidate", { candidates: [{}] }],
    ["a stream with an open choice", chunk({})],
    ["a stream with an error", `${chunk({ finish_reason: "stop" })}data: {"error":{"message":"no"}}\n\n`],
    ["a stream with an error event", `${chunk({ finish_reason: "stop" })}event: error\ndata: {"message":"no"}\n\n`],
    ["a stream with half a tool call", `${chunk(call('{"a'))}${chunk({ finish_reason: "length" })}`],
    [
      "a stream with half of Anthropic's tool call",
      'data: {"type":"content_block_delta","index":0,"delta":{"partial_json":"{"}}\n\n',
    ],
    ["a stream of a response that failed", 'data: {"type":"response.failed","response":{}}\n\n'],
    ["a stream of no JSON", "data: hello\n\n"],
    ["a stream of comments", ": hello\n\n"],
  ])("not %s", (_, answer) => {
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    expect(isWorthKeeping(bytes(text), typeof answer === "string")).toBe(false);
  });

  test("not what is no text", () => {
    expect(isWorthKeeping(Uint8Array.of(0xff, 0xfe, 0), false)).toBe(false);
  });
});
