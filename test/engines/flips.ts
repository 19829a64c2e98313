import { setTimeout as sleep } from "node:timers/promises";
import { HEADER } from "../../mint-server/contract/headers.ts";
import type { GateEvent } from "../../sw/events.ts";
import type { BrowserRig } from "../support/browser-rig.ts";
import type { Tab } from "../support/engines/engine.ts";
import { chat } from "../support/work.ts";

declare global {
  /** What the page has heard of requests that waited. */
  var heard: Extract<GateEvent, { readonly type: "delivered" | "undeliverable" }>[];
}

export const QUEUE = { [HEADER.offline]: "queue" };

/** Asks from the page, and reads the answer to its end. */
export function ask(tab: Tab, body: object, headers: Readonly<Record<string, string>> = {}) {
  return tab.evaluate(
    async (init) => {
      const answer = await fetch("https://api.openai.com/v1/chat/completions", { method: "POST", ...init });
      return { status: answer.status, text: await answer.text(), headers: Object.fromEntries(answer.headers) };
    },
    { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) },
  );
}

/** What a browser says when it has found a network. */
export function online(tab: Tab): Promise<void> {
  return tab.evaluate(() => void dispatchEvent(new Event("online")));
}

export function waiting(tab: Tab) {
  return tab.evaluate(() => app.outbox());
}

/** Has the page hear what becomes of what waits. */
export function listen(tab: Tab): Promise<void> {
  return tab.evaluate(() => {
    globalThis.heard = [];
    app.onEvent((event) => {
      if (event.type === "delivered" || event.type === "undeliverable") heard.push(event);
    });
  });
}

export interface FlipsReport {
  /** Requests that waited, in the order in which they were asked. */
  readonly asked: readonly string[];
  /** Those that came to the provider, in their order. */
  readonly sent: readonly string[];
  /** Reports of deliveries; any other end is in `wrong`. */
  readonly delivered: number;
  readonly wrong: readonly unknown[];
}

/** How long what waits may take to go, in a test, once the server is there again. */
const PATIENCE_MS = 30_000;

/** Stops and starts the server so many times. Each time both tabs, which were online once and {@link listen}, ask something meanwhile. */
export async function runFlips(rig: BrowserRig, tabs: readonly [Tab, Tab], count: number): Promise<FlipsReport> {
  const asked: string[] = [];
  const wrong: unknown[] = [];
  const [one] = tabs;
  for (let flip = 0; flip < count; flip++) {
    await rig.server.stop();
    for (const tab of tabs) {
      const user = crypto.randomUUID();
      asked.push(user);
      const answer = await ask(tab, chat({}, { user }), QUEUE);
      if (!answer.text.includes('"queued"')) wrong.push({ flip, answer });
    }
    await rig.restart();
    // All that sets a delivery off, at once.
    await Promise.all([...tabs.map(online), ask(tabs[flip % 2] ?? one, chat())]);
    await until(async () => (await waiting(one)).length === 0);
  }
  // Reports come a moment later.
  await until(async () => (await one.evaluate(() => globalThis.heard.length)) >= asked.length);
  const heard = await one.evaluate(() => globalThis.heard);
  wrong.push(...heard.filter(({ type }) => type !== "delivered"));
  const users = rig.standIn.requests.map(({ fields }) => String(fields.user));
  return { asked, sent: users.filter((user) => asked.includes(user)), delivered: heard.length, wrong };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < endMs) await sleep(20);
}
