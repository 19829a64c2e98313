import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { arrivingEvents, eventsOf } from "../support/event-stream.ts";
import { type Rig, startRig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat, requestOf } from "../support/work.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

/** Who proves that a stream is complete: the server, by reading along, or the caller, so that it stays native. */
const PROVERS = [
  ["the server reads along", {}],
  ["the caller proves completeness", { "x-mintgate-completeness": "caller" }],
] as const;

const TRICKY = 'data: [DONE] \n\ndata: [DONE]\n\n {"error":{"message":"x"}} event: error 😀 \u2028';

describe.each(PROVERS)("where %s, a stream is byte-identical", (_, headers) => {
  test.each<[string, Orders]>([
    ["of 1000 events in one burst", { events: 1000 }],
    ["of 1000 events split at random", { events: 1000, split: "random" }],
    ["of 1000 events in pieces of 1000 bytes", { events: 1000, split: 1000 }],
    ["split into single bytes", { events: 40, split: "byte" }],
    ["in pieces of 7 bytes", { events: 100, split: 7 }],
    ["with CRLF", { events: 100, newline: "crlf", split: 61 }],
    ["with CR", { events: 100, newline: "cr", split: 61 }],
    ["with a byte order mark and comments", { events: 100, bom: true, comments: true, split: "random", seed: 5 }],
    ["of content that looks like structure", { text: TRICKY, split: 3 }],
    ["of large events", { events: 40, pieceLength: 100_000 }],
  ])("%s", async (_, orders) => {
    const answer = await rig.post("chat/completions", chat(orders, { stream: true }), { headers });
    const received = Buffer.from(await answer.arrayBuffer());
    expect(received.equals(rig.standIn.requests[0]?.answer ?? Buffer.alloc(0))).toBe(true);
    expect(eventsOf(received.toString()).at(-1)?.data).toBe("[DONE]");
  });
});

test.each(PROVERS)("an event is with the caller before the provider sends the next: %s", async (_, headers) => {
  const gate = rig.standIn.gate("one by one");
  const asked = rig.post("chat/completions", chat({ events: 200, gate: "one by one" }, { stream: true }), { headers });
  gate.allow();
  let arrived = 0;
  for await (const event of arrivingEvents(await asked)) {
    arrived++;
    expect(rig.standIn.requests[0]?.eventsSent).toBeLessThanOrEqual(arrived);
    if (event.data !== "[DONE]") gate.allow();
  }
  expect(arrived).toBe(203);
});

describe("a stream that is cut", () => {
  const CUTS = ["reset", "fin", "clean-end-without-done"] as const;
  const PLACES: readonly (readonly [string, Orders])[] = [
    ["before its first event", { cutAfterEvents: 0 }],
    ["after some events", { cutAfterEvents: 5 }],
    ["after its last content, before its marker", { cutAfterEvents: 12 }],
    ["inside an event", { cutAfterBytes: 1234 }],
    ["inside its marker", { cutAfterBytes: -3 }],
  ];

  test.each(CUTS.flatMap((cut) => PLACES.map(([place, orders]) => [cut, place, orders] as const)))(
    "(%s) %s ends in one typed error and no [DONE]",
    async (cut, _, orders) => {
      const asked = { events: 10, split: 200 };
      const whole = Buffer.from(
        await (await rig.post("chat/completions", chat(asked, { stream: true }))).arrayBuffer(),
      );
      const { cutAfterBytes } = orders;
      const place =
        cutAfterBytes !== undefined && cutAfterBytes < 0 ? { cutAfterBytes: whole.length + cutAfterBytes } : orders;
      const answer = await rig.post("chat/completions", chat({ ...asked, ...place, cut }, { stream: true }));
      const text = await answer.text();
      const events = eventsOf(text);
      expect(events.at(-1)).toMatchObject({ event: "error" });
      expect(JSON.parse(events.at(-1)?.data ?? "")).toMatchObject({
        error: { code: "stream_truncated", type: "upstream_error", param: null },
      });
      // All before it are the provider's own events, whole and in order.
      const provided = eventsOf(whole.toString()).map(({ data }) => data);
      const handedOn = events.slice(0, -1).map(({ data }) => data);
      expect(handedOn).toEqual(provided.slice(0, handedOn.length));
      expect(handedOn).not.toContain("[DONE]");
    },
  );

  test.each(["responses", "images/generations", "audio/speech", "audio/transcriptions"])(
    "on %s ends so too",
    async (path) => {
      const model =
        { responses: "gpt-5", "images/generations": "gpt-image-1", "audio/speech": "tts-1" }[path] ??
        "gpt-4o-transcribe";
      const streaming = path === "audio/speech" ? { stream_format: "sse" } : { stream: true };
      const work = { path, stream: true, fields: { model, input: "x", prompt: "x", ...streaming } };
      const request = new Request(rig.url(path), requestOf(work, { cutAfterEvents: 1, cut: "clean-end-without-done" }));
      request.headers.set("authorization", `Bearer ${rig.server.projectKey}`);
      const events = eventsOf(await (await fetch(request)).text());
      expect(events.map(({ event }) => event === "error")).toEqual([false, true]);
    },
  );

  test.each(["reset", "fin"] as const)("(%s) right after its marker is complete and stays untouched", async (cut) => {
    const asked = { events: 10 };
    const whole = await (await rig.post("chat/completions", chat(asked, { stream: true }))).text();
    const gate = rig.standIn.gate(cut);
    gate.allow(13);
    const answer = await rig.post(
      "chat/completions",
      chat({ ...asked, gate: cut, cut, cutAfterBytes: Buffer.byteLength(whole) }, { stream: true }),
    );
    let text = "";
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
    expect(text).toBe(whole);
  });
});

test("a provider's own error inside a stream is handed on, and no second one follows", async () => {
  const body = `data: {"choices":[]}\n\nevent: error\ndata: {"error":{"message":"Overloaded.","code":"server_error"}}\n\n`;
  const answer = await rig.post(
    "chat/completions",
    chat({ body, headers: { "content-type": "text/event-stream" } }, { stream: true }),
  );
  expect(await answer.text()).toBe(body);
});

test("a whole answer that is cut is never a shorter answer", async () => {
  for (const cut of ["reset", "fin"] as const) {
    const answer = await rig.post("chat/completions", chat({ cut, cutAfterBytes: 100 }));
    const outcome = await answer.text().then(
      () => "a clean end",
      () => "a broken connection",
    );
    expect([cut, answer.status === 200 ? outcome : "an error"]).not.toEqual([cut, "a clean end"]);
  }
});
