import { createHash } from "node:crypto";
import { type BrowserRig, reload } from "../support/browser-rig.ts";
import { stopWorkers } from "../support/dev-tools.ts";
import type { Tab } from "../support/engines/engine.ts";
import { chat } from "../support/work.ts";

declare global {
  /** What the page has heard of answers that went on, in milliseconds. */
  var recoveredMs: number[];
  var readings: Record<string, Promise<{ sha256: string; tail: string }>>;
}

export interface CutsOptions {
  readonly seed: number;
  /** How many answers. */
  readonly count: number;
}

export interface CutsReport {
  /** Answers, by what happened to them. */
  readonly answers: Readonly<Record<string, number>>;
  /** What was not byte for byte what the provider had sent, in one call. */
  readonly wrong: readonly unknown[];
  /** How long it took from a break to the next byte's headers, in milliseconds, in no order. */
  readonly recoveredMs: readonly number[];
}

/** How many answers run at once. */
const AT_ONCE = 3;

const WAYS = ["connection", "connection twice", "worker", "worker and connection", "reload", "page pipeline"] as const;
type Way = (typeof WAYS)[number];

/** How an engine's answers can be cut: only Chromium's workers can be stopped when it suits. */
export function waysOf({ engine }: BrowserRig): readonly Way[] {
  if (engine.name === "chromium") return WAYS;
  return WAYS.filter((way) => !way.startsWith("worker"));
}

/** Has answers cut at random places, and compares what the page read with what the provider sent. */
export async function runCuts(rig: BrowserRig, { seed, count }: CutsOptions): Promise<CutsReport> {
  const random = createRandom(seed);
  const ways = waysOf(rig);
  const answers: Record<string, number> = {};
  const wrong: unknown[] = [];
  const recoveredMs: number[] = [];
  const tabs = {
    worker: await rig.open(),
    page: await rig.open({ withoutWorkers: true }),
  };
  for (const tab of Object.values(tabs)) await listen(tab);
  try {
    for (let done = 0, turn = 0; done < count; done += AT_ONCE, turn++) {
      const way = ways[turn % ways.length] as Way;
      const trial = { rig, way, random, tab: way === "page pipeline" ? tabs.page : tabs.worker };
      wrong.push(...(await tryOnce(trial)));
      answers[way] = (answers[way] ?? 0) + AT_ONCE;
      recoveredMs.push(...(await trial.tab.evaluate(() => recoveredMs.splice(0))));
    }
  } finally {
    for (const tab of Object.values(tabs)) await tab.close();
  }
  return { answers, wrong, recoveredMs };
}

interface Trial {
  readonly rig: BrowserRig;
  readonly way: Way;
  readonly random: (below: number) => number;
  readonly tab: Tab;
}

async function tryOnce({ rig, way, random, tab }: Trial): Promise<unknown[]> {
  const requests = Array.from({ length: AT_ONCE }, () => requestOf(random));
  await tab.evaluate(start, requests);
  const events = random(40);
  await rig.standIn.waitFor(
    ({ fields, eventsSent }) => fields.user === requests[random(AT_ONCE)]?.user && eventsSent >= events,
  );
  await disturb({ rig, way, random, tab });
  if (way === "reload") await tab.evaluate(start, requests);
  const read = await tab.evaluate(
    (users) => Promise.all(users.map((user) => readings[user])),
    requests.map(({ user }) => user),
  );
  return requests.flatMap(({ user }, at) => {
    const calls = rig.standIn.requests.filter(({ fields }) => fields.user === user);
    const sent = createHash("sha256")
      .update(calls[0]?.answer ?? "")
      .digest("hex");
    const isRight = calls.length === 1 && calls[0]?.complete && sent === read[at]?.sha256;
    return isRight ? [] : [{ way, user, calls: calls.length, complete: calls[0]?.complete, tail: read[at]?.tail }];
  });
}

async function disturb({ rig, way, random, tab }: Trial): Promise<void> {
  switch (way) {
    case "connection":
    case "page pipeline":
      return rig.recorder.cut(random(4000));
    case "connection twice":
      rig.recorder.cut();
      return rig.recorder.cut(1 + random(4000));
    case "worker":
    case "worker and connection":
      await stopWorkers(tab);
      if (way === "worker and connection") rig.recorder.cut(random(4000));
      return;
    case "reload":
      await reload(tab);
      return listen(tab);
  }
}

function requestOf(random: Trial["random"]) {
  const user = crypto.randomUUID();
  const orders = { events: 60, everyMs: 5, pieceLength: 1 + random(60), split: "random", seed: random(1000) } as const;
  return { user, body: chat(orders, { stream: true, user }) };
}

async function listen(tab: Tab): Promise<void> {
  await tab.evaluate(() => {
    globalThis.recoveredMs = [];
    globalThis.readings = {};
    app.onEvent((event) => event.type === "resume" && recoveredMs.push(event.tookMs));
  });
}

/** In the page: begins to read answers. */
function start(this: void, requests: readonly { readonly user: string; readonly body: unknown }[]): void {
  const read = async (body: unknown) => {
    const answer = await fetch("https://api.openai.com/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer browser" },
      body: JSON.stringify(body),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return {
      sha256: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
      tail: `${answer.status} ${new TextDecoder().decode(bytes.slice(-300))}`,
    };
  };
  for (const { user, body } of requests) {
    readings[user] = read(body).catch((error: unknown) => ({ sha256: "", tail: `${error}` }));
  }
}

/** Numbers below a bound, the same for the same seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A share of some figures: `quantile(all, 0.95)`. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
