import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type BrowserRig, startBrowserRig } from "../support/browser-rig.ts";
import type { Tab } from "../support/engines/engine.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";
import { COVERS } from "./covers.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig({ engine: inject("engine") });
});
afterAll(() => rig.stop());

declare global {
  /** Pieces of content that the page has read. */
  var seen: number;
}

/** In the page: reads an answer's body to its end, whatever that is. */
async function readAll(this: void, body: unknown) {
  const answer = await fetch("https://api.openai.com/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer browser" },
    body: JSON.stringify(body),
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return {
    sha256: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    tail: new TextDecoder().decode(bytes.slice(-400)),
  };
}

const SPLITS: readonly Orders[] = [
  { events: 1000 },
  { events: 1000, split: "random", seed: 7 },
  { events: 1000, split: 1000 },
  { events: 200, split: "byte" },
  { events: 300, crlf: true, split: 3 },
];

describe.each(COVERS)("through $by", ({ by, options }) => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await rig.open(options);
  });

  test.each(SPLITS)("a stream arrives byte for byte: %o", async (orders) => {
    const { sha256 } = await tab.evaluate(readAll, chat(orders, { stream: true }));
    const sent = rig.standIn.requests.at(-1)?.answer ?? Buffer.alloc(0);
    expect(sent.toString()).toContain("[DONE]");
    expect(sha256).toBe(createHash("sha256").update(sent).digest("hex"));
  });

  test("each event comes when it was sent, not at the end", async () => {
    const gate = `gate-${by}`;
    const reading = tab.evaluate(
      async (body) => {
        globalThis.seen = 0;
        const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
        const stream = (await openai.chat.completions.create(body as never)) as never as AsyncIterable<{
          choices: { delta: { content?: string } }[];
        }>;
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) globalThis.seen++;
        return globalThis.seen;
      },
      chat({ events: 5, gate }, { stream: true }),
    );
    // The stand-in sends nothing more until the page has told of what was sent before: a stream that is held back hangs here.
    const standIn = rig.standIn.gate(gate);
    standIn.allow(1);
    for (const count of [1, 2, 3, 4, 5]) {
      standIn.allow(1);
      await expect.poll(() => tab.evaluate(() => globalThis.seen), { timeout: 20_000 }).toBe(count);
    }
    standIn.allow(10);
    expect(await reading).toBe(5);
  });

  test.each(["reset", "fin", "clean-end-without-done"] as const)(
    "a stream that was cut (%s) ends with one typed error",
    async (cut) => {
      const { tail } = await tab.evaluate(readAll, chat({ events: 20, cutAfterEvents: 5, cut }, { stream: true }));
      expect(tail.match(/stream_truncated/g)).toHaveLength(1);
      expect(tail).not.toContain("[DONE]");
      expect(tail.endsWith("\n\n")).toBe(true);
    },
  );
});
