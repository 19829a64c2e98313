import { describe, expect, test } from "vitest";
import { errorEvent } from "../../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import { bodyOf, createRig, eventStream } from "./rig.ts";

const EVENT = 'data: {"choices":[{"delta":{"content":"é😀 \\n\\ndata: [DONE]"}}]}\r\n\r\n';
const WHOLE = `: ping\n\n${EVENT}${EVENT}data: [DONE]\n\n`;
const CUT_EVENT = errorEvent(TRUNCATED);

async function bytesOf(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer());
}

describe("a stream", () => {
  test("comes back byte for byte, split at any offset", async () => {
    const rig = createRig();
    const bytes = new TextEncoder().encode(WHOLE);
    for (let at = 0; at <= bytes.length; at++) {
      rig.server.answer = () => eventStream([bytes.slice(0, at), bytes.slice(at)]);
      expect(await bytesOf(await rig.call())).toEqual(bytes);
    }
  });

  test("comes back byte for byte, one byte at a time", async () => {
    const rig = createRig();
    const bytes = new TextEncoder().encode(WHOLE);
    rig.server.answer = () => eventStream([...bytes].map((byte) => Uint8Array.of(byte)));
    expect(await bytesOf(await rig.call())).toEqual(bytes);
    expect(rig.events.at(-1)).toMatchObject({ type: "done", outcome: "complete", sizeBytes: bytes.length });
  });

  test.each(["end", "break"] as const)(
    "that is cut ends after its last whole event in one error event, wherever it is cut (%s)",
    async (ending) => {
      const rig = createRig();
      const bytes = new TextEncoder().encode(WHOLE);
      // A CR LF ends its line at the CR. Even without only its last line feed, the `[DONE]` event is not whole.
      const wholeEvents = /^(?:[^\r\n]+(?:\r\n|\n|\r(?!\n)))*(?:\r\n|\n|\r)/;
      const upTo = (text: string): string => {
        let end = 0;
        for (let event = wholeEvents.exec(text); event; event = wholeEvents.exec(text.slice(end)))
          end += event[0].length;
        return text.slice(0, end);
      };
      for (let at = 0; at < bytes.length; at++) {
        rig.server.answer = () => eventStream(at === 0 ? [] : [bytes.slice(0, at)], ending);
        const answer = await rig.call();
        expect(await answer.text()).toBe(upTo(new TextDecoder().decode(bytes.slice(0, at))) + CUT_EVENT);
      }
      expect(rig.events.at(-1)).toMatchObject({ outcome: "failed", error: { code: "stream_truncated" } });
    },
  );

  test("that breaks after its terminal marker is complete", async () => {
    const rig = createRig();
    rig.server.answer = () => eventStream([WHOLE], "break");
    expect(await (await rig.call()).text()).toBe(WHOLE);
    expect(rig.events.at(-1)).toMatchObject({ outcome: "complete" });
  });

  test("that reports its own failure is left as it is", async () => {
    const rig = createRig();
    const failed = `${EVENT}event: error\ndata: {"error":{"message":"overloaded"}}\n\n`;
    rig.server.answer = () => eventStream([failed]);
    expect(await (await rig.call()).text()).toBe(failed);
    expect(rig.events.at(-1)).toMatchObject({ outcome: "failed" });
  });

  test("of an endpoint with a terminal marker of its own needs that one", async () => {
    const rig = createRig();
    const done = 'event: response.completed\ndata: {"type":"response.completed"}\n\n';
    for (const [text, expected] of [
      [done, done],
      ["data: [DONE]\n\n", `data: [DONE]\n\n${CUT_EVENT}`],
    ] as const) {
      rig.server.answer = () => eventStream([text]);
      expect(await (await rig.call("https://api.openai.com/v1/responses")).text()).toBe(expected);
    }
  });

  test("of an unknown endpoint is handed on as it is", async () => {
    const rig = createRig();
    rig.server.answer = () => eventStream(["event: message_stop\ndata: {}\n\n"]);
    const answer = await rig.call("https://app.example/v1/proxy/anthropic/v1/messages");
    expect(await answer.text()).toBe("event: message_stop\ndata: {}\n\n");
  });

  test("is read no faster than the page reads it", async () => {
    const rig = createRig();
    const source = bodyOf(Array.from({ length: 100 }, () => EVENT));
    rig.server.answer = () => new Response(source.body, { headers: { "content-type": "text/event-stream" } });
    const reader = (await rig.call()).body?.getReader();
    for (let reads = 1; reads <= 10; reads++) {
      await reader?.read();
      // A turn of the event loop, for whatever would run ahead.
      await new Promise((resolve) => setImmediate(resolve));
      expect(source.pulls()).toBeLessThanOrEqual(reads + 1);
    }
    await reader?.cancel();
  });

  test("gives each chunk on before the next one is there", async () => {
    const rig = createRig();
    rig.server.answer = () => eventStream([EVENT], "stay");
    const reader = (await rig.call()).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(EVENT);
    await reader?.cancel();
  });
});

describe("another body", () => {
  test("that breaks fails in the reader's hands", async () => {
    const rig = createRig();
    rig.server.answer = () =>
      new Response(bodyOf(['{"a":'], "break").body, { headers: { "content-type": "application/json" } });
    await expect((await rig.call()).text()).rejects.toThrow("network error");
    expect(rig.events.at(-1)).toMatchObject({ outcome: "failed" });
  });

  test("keeps status and headers but for those of the wire", async () => {
    const rig = createRig();
    const headers = {
      "content-type": "audio/mpeg",
      "content-length": "3",
      "content-encoding": "br",
      "x-request-id": "u1",
    };
    rig.server.answer = () => new Response("abc", { status: 201, headers });
    const answer = await rig.call();
    expect([answer.status, await answer.text()]).toEqual([201, "abc"]);
    expect(Object.fromEntries(answer.headers)).toEqual({ "content-type": "audio/mpeg", "x-request-id": "u1" });
  });

  test("may be none at all", async () => {
    const rig = createRig();
    rig.server.answer = () => new Response(null, { status: 204 });
    const answer = await rig.call("https://app.example/v1/proxy/responses/r1", { method: "DELETE" });
    expect([answer.status, answer.body]).toEqual([204, null]);
    expect(rig.events.at(-1)).toMatchObject({ type: "done", outcome: "complete", sizeBytes: 0 });
  });
});

describe("a caller who leaves", () => {
  test("while minting gets the abort's reason; the mint goes on for the others", async () => {
    const rig = createRig();
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const server = rig.server;
    server.door = async () => {
      arrive();
      await opened;
      return Response.json({ error: { code: "x" } }, { status: 403 });
    };
    const abort = new AbortController();
    const left = rig.call(undefined, undefined, { abort });
    const stayed = rig.call();
    await arrived;
    abort.abort(new DOMException("gone", "AbortError"));
    await expect(left).rejects.toThrow("gone");
    open();
    expect((await stayed).status).toBe(403);
    expect(server.mints()).toHaveLength(1);
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "done", outcome: "cancelled" }));
  });

  test("before the first byte aborts the request to the mint-server", async () => {
    const rig = createRig();
    const { promise: waiting, resolve: wait } = Promise.withResolvers<void>();
    rig.server.answer = ({ init }) => {
      wait();
      return new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    };
    const abort = new AbortController();
    const call = rig.call(undefined, undefined, { abort });
    await waiting;
    abort.abort(new DOMException("gone", "AbortError"));
    await expect(call).rejects.toThrow("gone");
    expect(rig.events.at(-1)).toMatchObject({ type: "done", outcome: "cancelled" });
    expect(rig.events.some(({ type }) => type === "offline")).toBe(false);
  });

  test("in mid-stream closes the mint-server's stream", async () => {
    const rig = createRig();
    const source = bodyOf([EVENT], "stay");
    rig.server.answer = () => new Response(source.body, { headers: { "content-type": "text/event-stream" } });
    const abort = new AbortController();
    const reader = (await rig.call(undefined, undefined, { abort })).body?.getReader();
    await reader?.read();
    await reader?.cancel("left");
    expect(await source.cancelled).toBe("left");
    expect(abort.signal.aborted).toBe(true);
    expect(rig.events.at(-1)).toMatchObject({ type: "done", outcome: "cancelled" });
  });

  test("by its signal in mid-stream sees that signal's reason, and no error event", async () => {
    const rig = createRig();
    const abort = new AbortController();
    rig.server.answer = ({ init }) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(EVENT));
          init.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    const reader = (await rig.call(undefined, undefined, { abort })).body?.getReader();
    await reader?.read();
    abort.abort(new DOMException("gone", "AbortError"));
    await expect(reader?.read()).rejects.toThrow("gone");
    expect(rig.events.at(-1)).toMatchObject({ type: "done", outcome: "cancelled" });
  });
});
