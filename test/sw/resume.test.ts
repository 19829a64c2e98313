import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { errorEvent } from "../../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import { createUnfinishedCalls } from "../../sw/unfinished.ts";
import { type Cut, keepAnswer } from "./keeping.ts";
import { bodyOf, CHAT, createRig, type Rig } from "./rig.ts";

const EVENT = 'data: {"choices":[{"delta":{"content":"é😀 \\n\\ndata: [DONE]"}}]}\r\n\r\n';
const WHOLE = new TextEncoder().encode(`: ping\n\n${EVENT}${EVENT}data: [DONE]\n\n`);
const JSON_BODY = new TextEncoder().encode(JSON.stringify({ text: "a whole answer" }));

const resumesOf = (rig: Rig) => rig.events.filter(({ type }) => type === "resume");
const bytesOf = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());

/** The pauses between tries are the only time that passes; each waits for `hook`. */
const pauses = vi.hoisted(() => ({ hook: async (_count: number): Promise<void> => undefined, count: 0 }));
vi.mock(import("../../sw/pause.ts"), () => ({
  async pause(ms, signal) {
    signal?.throwIfAborted();
    await pauses.hook(++pauses.count);
    signal?.throwIfAborted();
    await vi.advanceTimersByTimeAsync(ms);
  },
}));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  pauses.hook = async () => undefined;
  pauses.count = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

describe("an answer whose connection breaks", () => {
  test.each(["break", "end"] as const)("goes on byte for byte, wherever it is cut (%s)", async (ending) => {
    for (let bytes = 0; bytes < WHOLE.length; bytes++) {
      const rig = createRig();
      const kept = keepAnswer(rig.server, WHOLE, { cuts: [{ bytes, ending }] });
      expect(await rig.call().then(bytesOf)).toEqual(WHOLE);
      const isComplete = new TextDecoder().decode(WHOLE.slice(0, bytes)).endsWith("data: [DONE]\n\n");
      expect(resumesOf(rig)).toHaveLength(isComplete ? 0 : 1);
      expect(new Set(kept.keys).size).toBe(1);
      expect(rig.events.at(-1)).toMatchObject({ type: "done", outcome: "complete", sizeBytes: WHOLE.length });
    }
  });

  test("goes on after many cuts, under one key and with a proof for each", async () => {
    const rig = createRig();
    const long = new TextEncoder().encode(`${EVENT.repeat(20)}data: [DONE]\n\n`);
    const cuts = Array.from({ length: 12 }, (_, at): Cut => ({ bytes: EVENT.length + 10 * at, ending: "break" }));
    const kept = keepAnswer(rig.server, long, { cuts });
    expect(await rig.call(undefined, undefined, { id: "r1" }).then(bytesOf)).toEqual(long);
    expect(kept.positions).toHaveLength(13);
    expect(kept.positions).toEqual([...kept.positions].sort((one, other) => one - other));
    expect(new Set(kept.keys)).toEqual(new Set(["r1"]));
    expect(new Set(rig.server.calls().map(({ proof }) => proof.jti)).size).toBe(kept.positions.length);
    expect(rig.server.calls().every(({ headers }) => headers.get("x-mintgate-hold") === "30")).toBe(true);
  });

  test("is asked for from the last whole event on, so that the rest can be read alone", async () => {
    const rig = createRig();
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [{ bytes: 20, ending: "break" }] });
    await rig.call().then(bytesOf);
    expect(kept.positions).toEqual([0, ": ping\n\n".length]);
    expect(resumesOf(rig)).toEqual([
      { type: "resume", by: "worker", requestId: expect.any(String), position: 8, tookMs: expect.any(Number) },
    ]);
  });

  test("is whole where it is no stream, too", async () => {
    for (let bytes = 0; bytes < JSON_BODY.length; bytes++) {
      const rig = createRig();
      const kept = keepAnswer(rig.server, JSON_BODY, { cuts: [{ bytes, ending: "break" }], type: "application/json" });
      expect(await rig.call().then(bytesOf)).toEqual(JSON_BODY);
      expect(kept.positions).toEqual([0, bytes]);
    }
  });

  test("is tried again with growing pauses while the mint-server cannot be reached", async () => {
    const rig = createRig();
    const cuts: Cut[] = [{ bytes: 20, ending: "break" }, "refused", "bad gateway", { status: 503 }, { status: 429 }];
    const kept = keepAnswer(rig.server, WHOLE, { cuts });
    expect(await rig.call().then(bytesOf)).toEqual(WHOLE);
    expect(kept.positions).toEqual([0, 8, 8, 8, 8, 8]);
  });

  test.each([409, 422, 404])("that the mint-server no longer has (%i) ends in one error event", async (status) => {
    const rig = createRig();
    keepAnswer(rig.server, WHOLE, { cuts: [{ bytes: 20, ending: "break" }, { status }] });
    const text = await rig.call().then((answer) => answer.text());
    expect(text).toBe(`: ping\n\n${errorEvent(TRUNCATED)}`);
    expect(rig.server.calls()).toHaveLength(2);
    expect(rig.events.at(-1)).toMatchObject({ outcome: "failed", error: { code: "stream_truncated" } });
  });

  test("ends in one error event when the mint-server stays away for longer than it holds an answer", async () => {
    const rig = createRig();
    keepAnswer(rig.server, WHOLE, { cuts: [{ bytes: 20, ending: "break" }, ...Array<Cut>(200).fill("refused")] });
    const startedMs = performance.now();
    const text = await rig.call().then((answer) => answer.text());
    expect(text).toBe(`: ping\n\n${errorEvent(TRUNCATED)}`);
    expect(performance.now() - startedMs).toBeGreaterThan(25_000);
    expect(performance.now() - startedMs).toBeLessThan(35_000);
    expect(rig.server.calls().length).toBeLessThan(40);
  });

  test("of a mint-server that cannot give it again is not asked for again", async () => {
    const rig = createRig();
    rig.server.answer = () =>
      new Response(bodyOf([EVENT], "break").body, { headers: { "content-type": "text/event-stream" } });
    expect(await rig.call().then((answer) => answer.text())).toBe(EVENT + errorEvent(TRUNCATED));
    expect(rig.server.calls()).toHaveLength(1);
  });

  test("does not take an answer from its beginning for the rest", async () => {
    const rig = createRig();
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [{ bytes: 20, ending: "break" }] });
    const { answer } = rig.server;
    rig.server.answer = (seen) => {
      const headers = new Headers(seen.headers);
      headers.delete("x-mintgate-position");
      return answer({ ...seen, headers });
    };
    expect(await rig.call().then((whole) => whole.text())).toBe(`: ping\n\n${errorEvent(TRUNCATED)}`);
    expect(kept.positions).toEqual([0, 0]);
  });

  test("is given up when it ends at the same place again and again", async () => {
    const rig = createRig();
    keepAnswer(rig.server, WHOLE, { cuts: Array<Cut>(50).fill({ bytes: 8, ending: "end" }) });
    const cutShort = WHOLE.slice(0, 8);
    keepAnswer(rig.server, cutShort, { cuts: [] });
    expect(await rig.call().then((answer) => answer.text())).toBe(`: ping\n\n${errorEvent(TRUNCATED)}`);
    expect(rig.server.calls().length).toBeLessThan(10);
  });

  test("stays given up when its reader leaves between two connections", async () => {
    const rig = createRig();
    keepAnswer(rig.server, WHOLE, { cuts: [{ bytes: 20, ending: "break" }, ...Array<Cut>(200).fill("refused")] });
    const reader = (await rig.call(undefined, undefined, { id: "r1" })).body?.getReader();
    const paused = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    pauses.hook = async (count) => {
      if (count < 3) return;
      paused.resolve();
      await left.promise;
    };
    await reader?.read();
    await paused.promise;
    const count = rig.server.calls().length;
    await reader?.cancel();
    left.resolve();
    await vi.waitFor(() => expect(rig.server.stops()).toEqual(["r1"]));
    expect(rig.server.calls()).toHaveLength(count);
    expect(rig.events.at(-1)).toMatchObject({ outcome: "cancelled" });
  });
});

describe("a request whose connection breaks before the answer", () => {
  test.each<Cut>(["refused", "bad gateway"])("is sent again at once: %s", async (cut) => {
    const rig = createRig();
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [cut] });
    expect(await bytesOf(await rig.call())).toEqual(WHOLE);
    expect(kept.positions).toEqual([0, 0]);
    expect(new Set(kept.keys).size).toBe(1);
  });

  test("gets through though the connection breaks twice, however soon", async () => {
    const rig = createRig();
    await rig.call();
    const kept = keepAnswer(rig.server, WHOLE, { cuts: ["refused", "refused"] });
    expect(await bytesOf(await rig.call())).toEqual(WHOLE);
    expect(kept.positions).toEqual([0, 0, 0]);
    expect(new Set(kept.keys).size).toBe(1);
  });

  test("waits for the mint-server to come back if it had been reached", async () => {
    const rig = createRig();
    await rig.call();
    const kept = keepAnswer(rig.server, WHOLE, { cuts: Array<Cut>(5).fill("refused") });
    const { answer } = rig.server;
    let isFirst = true;
    rig.server.answer = async (seen) => {
      if (isFirst) await vi.advanceTimersByTimeAsync(2_000);
      isFirst = false;
      return answer(seen);
    };
    expect(await rig.call().then(bytesOf)).toEqual(WHOLE);
    expect(kept.positions).toHaveLength(6);
  });

  test("fails at once if nothing was ever reached", async () => {
    const rig = createRig();
    await rig.call();
    rig.server.unreachable = true;
    const startedMs = performance.now();
    const answer = await rig.call();
    expect(performance.now() - startedMs).toBeLessThanOrEqual(50);
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      503,
      "offline",
    ]);
  });

  test("is not sent again where it is no model's work", async () => {
    const rig = createRig();
    const kept = keepAnswer(rig.server, WHOLE, { cuts: ["bad gateway"] });
    expect((await rig.call("https://api.openai.com/v1/models", { method: "GET" })).status).toBe(502);
    expect([kept.positions, kept.keys]).toEqual([[0], [null]]);
  });

  test("gives the last word of what stands in between when the mint-server stays away", async () => {
    const rig = createRig();
    keepAnswer(rig.server, WHOLE, { cuts: Array<Cut>(200).fill("bad gateway") });
    expect((await rig.call()).status).toBe(502);
  });

  test("is not sent again for a failure of the mint-server's own", async () => {
    const rig = createRig();
    rig.server.nonce = "n1";
    rig.server.answer = () => Response.json({}, { status: 502, headers: { "dpop-nonce": "n1" } });
    expect((await rig.call()).status).toBe(502);
    expect(rig.server.calls()).toHaveLength(1);
  });
});

describe("a page that lost its worker", () => {
  test("gets the rest from the byte that it names, of the same answer", async () => {
    const rig = createRig();
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [{ bytes: 80, ending: "break" }] });
    const headers = { "x-mintgate-position": "8" };
    const answer = await rig.call(CHAT, { method: "POST", body: "{}", headers }, { id: "r1" });
    expect(answer.headers.get("x-mintgate-position")).toBe("8");
    expect(await bytesOf(answer)).toEqual(WHOLE.slice(8));
    expect(kept.positions[0]).toBe(8);
    expect(new Set(kept.keys)).toEqual(new Set(["r1"]));
  });
});

describe("an unfinished answer", () => {
  const INIT = { method: "POST", body: '{"model":"m"}' };

  function createUnfinishedRig(isAlive: (id: string) => boolean = () => true) {
    const rig = createRig();
    const unfinished = createUnfinishedCalls({ isAlive: async (id) => isAlive(id) });
    const gate = { ...rig.gate, unfinished };
    const call = (id: string, init: RequestInit = INIT, extra = {}) => rig.call(CHAT, init, { id, ...extra }, gate);
    return { ...rig, server: rig.server, call };
  }

  async function loseAnswer(rig: ReturnType<typeof createUnfinishedRig>) {
    keepAnswer(rig.server, WHOLE, { cuts: [{ bytes: 20, ending: "break" }, ...Array<Cut>(200).fill("refused")] });
    await rig.call("lost").then((answer) => answer.text());
  }

  test("that could not be reached goes to who asks the same again, and once", async () => {
    const rig = createUnfinishedRig();
    await loseAnswer(rig);
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [] });
    for (const id of ["r2", "r3"]) expect(await bytesOf(await rig.call(id))).toEqual(WHOLE);
    expect(kept.keys).toEqual(["lost", "r3"]);
  });

  test.each([
    ["another body", { ...INIT, body: '{"model":"n"}' }],
    ["another header that changes its meaning", { ...INIT, headers: { "openai-beta": "x" } }],
    ["a name of its own", { ...INIT, headers: { "idempotency-key": "mine" } }],
  ])("is not for a request with %s", async (_, init) => {
    const rig = createUnfinishedRig();
    await loseAnswer(rig);
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [] });
    await bytesOf(await rig.call("r2", init));
    expect(kept.keys[0]).not.toBe("lost");
  });

  test("is for a request whose trace is another", async () => {
    const rig = createUnfinishedRig();
    await loseAnswer(rig);
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [] });
    await bytesOf(await rig.call("r2", { ...INIT, headers: { traceparent: "00-1-2-01" } }));
    expect(kept.keys).toEqual(["lost"]);
  });

  test("is forgotten when the mint-server holds it no longer", async () => {
    const rig = createUnfinishedRig();
    await loseAnswer(rig);
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [] });
    await vi.advanceTimersByTimeAsync(31_000);
    await bytesOf(await rig.call("r2"));
    expect(kept.keys).toEqual(["r2"]);
  });

  test.each([
    ["a complete one", [], 200],
    ["one that was refused", [{ status: 400 }], 400],
  ] as const)("is not %s", async (_, cuts, status) => {
    const rig = createUnfinishedRig();
    const kept = keepAnswer(rig.server, WHOLE, { cuts });
    const first = await rig.call("r1");
    await first.text();
    expect(first.status).toBe(status);
    await (await rig.call("r2")).text();
    expect(kept.keys).toEqual(["r1", "r2"]);
  });

  test("that somebody still follows is nobody else's", async () => {
    const rig = createUnfinishedRig();
    const running = bodyOf([EVENT], "stay");
    rig.server.answer = () => new Response(running.body, { headers: { "content-type": "text/event-stream" } });
    const first = await rig.call("r1", INIT, { clientId: "one" });
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [] });
    await bytesOf(await rig.call("r2", INIT, { clientId: "other" }));
    expect(kept.keys).toEqual(["r2"]);
    await first.body?.cancel();
  });

  test("whose page is gone goes to the next one before its end is noticed, and is not stopped then", async () => {
    const rig = createUnfinishedRig((id) => id !== "gone");
    const running = bodyOf([EVENT], "stay");
    rig.server.answer = () => new Response(running.body, { headers: { "content-type": "text/event-stream" } });
    const first = await rig.call("r1", INIT, { clientId: "gone" });
    const kept = keepAnswer(rig.server, WHOLE, { cuts: [] });
    await bytesOf(await rig.call("r2", INIT, { clientId: "next" }));
    expect(kept.keys).toEqual(["r1"]);
    await first.body?.cancel();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rig.server.stops()).toEqual([]);
  });
});

describe("a stop", () => {
  test.each(["in mid-stream", "by its signal before the answer"])("is told to the mint-server: %s", async (when) => {
    const rig = createRig();
    const abort = new AbortController();
    const arrived = Promise.withResolvers<void>();
    rig.server.answer = ({ init }) => {
      arrived.resolve();
      if (when === "in mid-stream")
        return new Response(bodyOf([EVENT], "stay").body, { headers: { "content-type": "text/event-stream" } });
      return new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    };
    const answering = rig.call(undefined, undefined, { id: "r1", abort });
    answering.catch(() => undefined);
    await arrived.promise;
    if (when === "in mid-stream") await (await answering).body?.cancel();
    else abort.abort();
    await vi.waitFor(() => expect(rig.server.stops()).toEqual(["r1"]));
  });

  test("is not told when the answer was complete, or nothing was sent", async () => {
    const rig = createRig();
    keepAnswer(rig.server, WHOLE, { cuts: [] });
    const reader = (await rig.call()).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const abort = new AbortController();
    abort.abort();
    await rig.call(undefined, undefined, { abort }).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(rig.server.stops()).toEqual([]);
  });

  test("is told until the mint-server has heard it", async () => {
    const rig = createRig();
    rig.server.answer = () =>
      new Response(bodyOf([EVENT], "stay").body, { headers: { "content-type": "text/event-stream" } });
    const answer = await rig.call(undefined, undefined, { id: "r1" });
    rig.server.unreachable = true;
    pauses.hook = async (count) => {
      rig.server.unreachable = count < 3;
    };
    await answer.body?.cancel();
    await vi.waitFor(() => expect(rig.server.stops()).toEqual(["r1"]));
  });
});
