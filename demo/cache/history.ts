import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { onEvent } from "../../sw/client.ts";
import type { GateEvent } from "../../sw/events.ts";

/** What was answered within one minute, from where, and how long that took. */
export interface Minute {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly browser: number;
  readonly edge: number;
  readonly asked: number;
  /** Milliseconds, all answers of a kind together. */
  readonly hitMs: number;
  readonly askedMs: number;
}

type Kind = "browser" | "edge" | "asked";

interface HistoryDatabase extends DBSchema {
  minutes: { key: number; value: Minute };
}

const KEPT_MINUTES = 7 * 24 * 60;

/** Held by the tab that counts: each of them hears of every request. */
const LOCK = "mintgate-demo:history";

/** Called in this tab when something was counted. */
const listeners = new Set<() => void>();

export function onHistory(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const minuteOf = (ms: number): number => Math.floor(ms / 60_000);

/** Counts answers as long as this tab is open, unless another tab does. */
export function startHistory(): void {
  const count = () =>
    new Promise<never>(() => {
      onEvent(createCounter());
    });
  void navigator.locks?.request(LOCK, count);
  // Whichever tab counts, this one shows it.
  onEvent(({ type }) => {
    if (type === "done") setTimeout(() => tell(), 100);
  });
}

function createCounter(): (event: GateEvent) => void {
  const kinds = new Map<string, Kind>();
  const chats = new Set<string>();
  let writing: Promise<unknown> = forgetOld().catch(() => undefined);
  return (event) => {
    if (event.type === "request" && !/\/models(\/|$)/.test(event.url)) chats.add(event.requestId);
    if ((event.type === "hit" || event.type === "miss") && event.status < 400 && chats.has(event.requestId)) {
      kinds.set(event.requestId, kindOf(event));
    }
    if (event.type !== "done") return;
    const kind = kinds.get(event.requestId);
    kinds.delete(event.requestId);
    chats.delete(event.requestId);
    if (!kind || event.outcome !== "complete") return;
    const { totalMs } = event;
    // One after the other: each reads what it adds to.
    writing = writing.then(() => add(kind, totalMs)).catch(() => undefined);
  };
}

function kindOf({ type, source }: Extract<GateEvent, { type: "hit" | "miss" }>): Kind {
  if (source === "browser-cache") return "browser";
  return type === "hit" ? "edge" : "asked";
}

const NOTHING = { browser: 0, edge: 0, asked: 0, hitMs: 0, askedMs: 0 };

async function add(kind: Kind, totalMs: number): Promise<void> {
  const database = await open();
  const minute = minuteOf(Date.now());
  const before = (await database.get("minutes", minute)) ?? { minute, ...NOTHING };
  const time = kind === "asked" ? "askedMs" : "hitMs";
  await database.put("minutes", { ...before, [kind]: before[kind] + 1, [time]: before[time] + totalMs });
}

function tell(): void {
  for (const listener of listeners) listener();
}

async function forgetOld(): Promise<void> {
  await (await open()).delete("minutes", IDBKeyRange.upperBound(minuteOf(Date.now()) - KEPT_MINUTES));
}

/** Forgets all that was counted. */
export async function eraseHistory(): Promise<void> {
  await (await open()).clear("minutes");
}

/** What was counted from a minute on; nothing where the browser stores nothing. */
export async function loadHistory(fromMinute: number): Promise<readonly Minute[]> {
  return open()
    .then((database) => database.getAll("minutes", IDBKeyRange.lowerBound(fromMinute)))
    .catch(() => []);
}

let opening: Promise<IDBPDatabase<HistoryDatabase>> | undefined;

function open(): Promise<IDBPDatabase<HistoryDatabase>> {
  const forget = (): void => {
    opening = undefined;
  };
  opening ??= openDB<HistoryDatabase>("mintgate-demo-history", 1, {
    upgrade: (created) => void created.createObjectStore("minutes", { keyPath: "minute" }),
    terminated: forget,
  });
  opening.catch(forget);
  return opening;
}
