import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BrowserRig, startBrowserRig } from "../support/browser-rig.ts";
import { stopWorkers } from "../support/dev-tools.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

/** In the page: reads an answer to its end, and says what the page heard of its going on. */
async function readThrough(this: void, body: unknown) {
  const positions: number[] = [];
  app.onEvent((event) => event.type === "resume" && positions.push(event.position));
  const answer = await fetch("https://api.openai.com/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { sha256, url: answer.url, positions, tail: new TextDecoder().decode(bytes.slice(-300)) };
}

const WORK: readonly {
  readonly what: string;
  readonly stream: boolean;
  readonly orders: Orders;
  readonly events: number;
}[] = [
  { what: "a stream in the middle", stream: true, orders: { events: 200, everyMs: 10 }, events: 20 },
  { what: "a stream before its first byte", stream: true, orders: { events: 20, firstByteDelayMs: 1_000 }, events: 0 },
  { what: "a whole answer", stream: false, orders: { firstByteDelayMs: 1_000 }, events: 0 },
];

test.each(WORK)(
  "$what goes on when its worker is stopped, and is paid for once",
  async ({ stream, orders, events }) => {
    const tab = await rig.open();
    const user = crypto.randomUUID();
    const reading = tab.evaluate(readThrough, chat(orders, { stream, user }));
    await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= events);
    await stopWorkers(tab);
    const { sha256, url, positions } = await reading;
    const calls = rig.standIn.requests.filter(({ fields }) => fields.user === user);
    expect(calls).toHaveLength(1);
    expect(sha256).toBe(
      createHash("sha256")
        .update(calls[0]?.answer ?? "")
        .digest("hex"),
    );
    expect(url).toBe("https://api.openai.com/v1/chat/completions");
    if (events > 0) expect(positions.some((position) => position > 0)).toBe(true);
  },
);

test("a stream whose worker is stopped, and whose mint-server has lost it, ends in one typed error", async () => {
  const tab = await rig.open();
  const user = crypto.randomUUID();
  const reading = tab.evaluate(readThrough, chat({ events: 2000, everyMs: 20 }, { stream: true, user }));
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 3);
  await stopWorkers(tab);
  await rig.restart();
  const { tail } = await reading;
  expect(tail.match(/stream_truncated/g)).toHaveLength(1);
  expect(tail).not.toContain("[DONE]");
});

test("a stop reaches the provider from a page whose worker was stopped in between", async () => {
  const tab = await rig.open();
  const user = crypto.randomUUID();
  await tab.evaluate(
    async (body) => {
      const heard = new Promise<void>((resolve) => {
        app.onEvent((event) => event.type === "resume" && resolve());
      });
      const answer = await fetch("https://api.openai.com/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const reader = answer.body?.getReader();
      const reading = (async () => {
        while (!(await reader?.read())?.done);
      })();
      Object.assign(globalThis, { leave: () => reader?.cancel(), resumed: heard, reading });
    },
    chat({ events: 2000, everyMs: 20 }, { stream: true, user }),
  );
  const reached = await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 3);
  await stopWorkers(tab);
  await tab.evaluate(() => (globalThis as never as { resumed: Promise<void> }).resumed);
  await tab.evaluate(() => (globalThis as never as { leave(): Promise<void> }).leave());
  const ended = await rig.standIn.waitFor(({ number, closed }) => number === reached.number && closed);
  expect(ended.leftEarly).toBe(true);
});

test("an answer whose tab was closed and whose worker was stopped goes to who asks the same from another tab", async () => {
  const closing = await rig.open();
  const tab = await rig.open({ profile: closing.profile });
  const user = crypto.randomUUID();
  const body = chat({ events: 150, everyMs: 20 }, { stream: true, user });
  void closing.evaluate(readThrough, body).catch(() => undefined);
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 20);
  await closing.close();
  await stopWorkers(tab);
  const { sha256, tail } = await tab.evaluate(readThrough, body);
  const calls = rig.standIn.requests.filter(({ fields }) => fields.user === user);
  expect(calls).toHaveLength(1);
  expect(tail).toContain("[DONE]");
  const sent = createHash("sha256").update(calls[0]?.answer ?? "");
  expect(sha256).toBe(sent.digest("hex"));
});
