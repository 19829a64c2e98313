import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type BrowserRig, type OpenOptions, startBrowserRig } from "../support/browser-rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

const COVERS: readonly { readonly by: string; readonly options: OpenOptions }[] = [
  { by: "the worker", options: {} },
  { by: "the page itself", options: { withoutWorkers: true } },
];

async function openPage(options: OpenOptions) {
  const watched = await rig.open(options);
  onTestFinished(watched.close);
  return watched;
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
  {},
  { split: "random", seed: 7 },
  { split: 1000 },
  { split: "byte" },
  { crlf: true, split: 3 },
];

for (const { by, options } of COVERS) {
  test.each(SPLITS)(`a stream of 1000 events arrives byte for byte through ${by}, split by %o`, async (split) => {
    const { page } = await openPage(options);
    const { sha256 } = await page.evaluate(readAll, chat({ events: 1000, ...split }, { stream: true }));
    const sent = rig.standIn.requests.at(-1)?.answer ?? Buffer.alloc(0);
    expect(sent.toString()).toContain("[DONE]");
    expect(sha256).toBe(createHash("sha256").update(sent).digest("hex"));
  });

  test(`each event comes when it was sent, not at the end, through ${by}`, async () => {
    const { page } = await openPage(options);
    const gate = `gate-${by}`;
    const seen = new Map<number, () => void>();
    const arrived = (count: number) => new Promise<void>((resolve) => seen.set(count, resolve));
    await page.exposeFunction("report", (count: number) => seen.get(count)?.());
    const waits = [1, 2, 3, 4, 5].map(arrived);
    const reading = page.evaluate(
      async (body) => {
        const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
        const stream = (await openai.chat.completions.create(body as never)) as never as AsyncIterable<{
          choices: { delta: { content?: string } }[];
        }>;
        let count = 0;
        for await (const chunk of stream) {
          if (chunk.choices[0]?.delta.content) (globalThis as never as { report(count: number): void }).report(++count);
        }
        return count;
      },
      chat({ events: 5, gate }, { stream: true }),
    );
    // The stand-in sends nothing more until the page has told of what was sent before: a stream that is held back hangs here.
    const standIn = rig.standIn.gate(gate);
    standIn.allow(1);
    for (const wait of waits) {
      standIn.allow(1);
      await wait;
    }
    standIn.allow(10);
    expect(await reading).toBe(5);
  });

  test.each(["reset", "fin", "clean-end-without-done"] as const)(
    `a stream that was cut (%s) ends with one typed error through ${by}`,
    async (cut) => {
      const { page } = await openPage(options);
      const { tail } = await page.evaluate(readAll, chat({ events: 20, cutAfterEvents: 5, cut }, { stream: true }));
      expect(tail.match(/stream_truncated/g)).toHaveLength(1);
      expect(tail).not.toContain("[DONE]");
      expect(tail.endsWith("\n\n")).toBe(true);
    },
  );
}
