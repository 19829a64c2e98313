import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Receipt } from "../state/types.ts";

/** One question to a model, as this browser saw it. Nothing of what was said in it. */
export interface UsageCall {
  /** Unix milliseconds. */
  readonly at: number;
  readonly model: string;
  readonly endpoint: string | undefined;
  readonly from: "browser" | "edge" | "asked";
  readonly failed: boolean;
  /** Milliseconds; to the first byte, and to the last. */
  readonly firstMs: number | undefined;
  readonly totalMs: number;
  /** 0 where a cache answered. */
  readonly tokens: number;
  readonly usd: number;
}

export interface TokenUse {
  readonly input: number;
  readonly output: number;
}

/** In US dollars per million tokens; `null` where no price is known. */
export interface Prices {
  readonly inputCost: number | null;
  readonly outputCost: number | null;
}

interface UsageDatabase extends DBSchema {
  calls: { key: number; value: UsageCall; indexes: { at: number } };
}

const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const listeners = new Set<() => void>();

export function onCalls(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows one question; it is kept once its request and its reader are both done. */
export function openCall(model: string, prices: Prices | undefined) {
  let receipt: Receipt | undefined;
  let used: TokenUse | undefined;
  let isRead = false;
  let isKept = false;
  const keep = (): void => {
    if (isKept || !isRead || receipt?.totalMs === undefined) return;
    isKept = true;
    void save(callOf(receipt, model, { used, prices })).catch(() => undefined);
  };
  return {
    saw(next: Receipt): void {
      receipt = next;
      keep();
    },
    used(tokens: TokenUse): void {
      used = tokens;
    },
    over(): void {
      isRead = true;
      keep();
    },
  };
}

interface Spent {
  readonly used: TokenUse | undefined;
  readonly prices: Prices | undefined;
}

function callOf(receipt: Receipt, model: string, { used, prices }: Spent): UsageCall {
  const from = receipt.source === "browser-cache" ? "browser" : receipt.source === "edge-cache" ? "edge" : "asked";
  const { input, output } = (from === "asked" && used) || { input: 0, output: 0 };
  const usd = (input * (prices?.inputCost ?? 0) + output * (prices?.outputCost ?? 0)) / 1e6;
  return {
    at: receipt.startedAt,
    model,
    endpoint: receipt.endpoint,
    from,
    failed: receipt.outcome === "failed" || receipt.outcome === "offline" || (receipt.status ?? 200) >= 400,
    firstMs: receipt.firstByteMs,
    totalMs: receipt.totalMs ?? 0,
    tokens: input + output,
    usd,
  };
}

async function save(call: UsageCall): Promise<void> {
  const database = await open();
  await database.add("calls", call);
  const transaction = database.transaction("calls", "readwrite");
  const old = IDBKeyRange.upperBound(call.at - KEPT_MS);
  for await (const cursor of transaction.store.index("at").iterate(old)) await cursor.delete();
  for (const listener of listeners) listener();
}

/** Those since a moment, oldest first; none where the browser stores nothing. */
export async function loadCalls(sinceMs: number): Promise<readonly UsageCall[]> {
  return open()
    .then((database) => database.getAllFromIndex("calls", "at", IDBKeyRange.lowerBound(sinceMs)))
    .catch(() => []);
}

/** Deletes what was kept. */
export async function eraseCalls(): Promise<void> {
  await (await open()).clear("calls");
}

let opening: Promise<IDBPDatabase<UsageDatabase>> | undefined;

function open(): Promise<IDBPDatabase<UsageDatabase>> {
  const forget = (): void => {
    opening = undefined;
  };
  opening ??= openDB<UsageDatabase>("mintgate-demo-usage", 1, {
    upgrade: (created) => void created.createObjectStore("calls", { autoIncrement: true }).createIndex("at", "at"),
    terminated: forget,
  });
  opening.catch(forget);
  return opening;
}
