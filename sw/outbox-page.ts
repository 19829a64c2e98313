import { EVENTS_CHANNEL, type GateEvent } from "./events.ts";
import { withUsedOutbox } from "./outbox-store.ts";

/* What a page may do with the requests that wait, and how it has them delivered while it is open. Loaded on demand. */

/** A request that waits for the mint-server. Nothing of it says what is asked. */
export interface Queued {
  /** The value of `x-mintgate-outbox` in the answer that it got. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
  readonly sizeBytes: number;
}

/** What waits in this browser, the oldest first. Nothing where the browser stores nothing. */
export async function listQueued(): Promise<readonly Queued[]> {
  const list: Queued[] = [];
  const read = withUsedOutbox(async (database) => {
    // One by one: each may hold a megabyte.
    let cursor = await database.transaction("waiting").store.openCursor();
    for (; cursor; cursor = await cursor.continue()) {
      const { id, createdMs, bytes } = cursor.value;
      list.push({ id, createdMs, sizeBytes: bytes.length });
    }
  });
  await read.catch(() => undefined);
  return list;
}

/** Takes back what waits under an id. If it is on its way already, its answer comes all the same. */
export async function dropQueued(dropped: string): Promise<void> {
  await withUsedOutbox(async (database) => {
    const { store, done } = database.transaction("waiting", "readwrite");
    let cursor = await store.openCursor();
    for (; cursor; cursor = await cursor.continue()) if (cursor.value.id === dropped) await cursor.delete();
    await done;
  });
}

/** When delivery is tried, in milliseconds after the last time: at first, and at most. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/**
 * Has what waits delivered as long as this page is open: now, when the browser says that there is a network or that someone
 * looks at the page, and with growing pauses in between. Returns a function that stops it.
 *
 * @param deliver tries once
 */
export function watchOutbox(deliver: () => Promise<unknown>): () => void {
  let pauseMs = FIRST_PAUSE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const look = async () => {
    clearTimeout(timer);
    timer = undefined;
    if ((await listQueued()).length === 0 || stopped) return;
    clearTimeout(timer);
    timer = setTimeout(look, pauseMs);
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
    await deliver();
  };
  const start = () => {
    pauseMs = FIRST_PAUSE_MS;
    look().catch(() => undefined);
  };
  const onVisible = () => document.visibilityState === "visible" && start();
  const channel = new BroadcastChannel(EVENTS_CHANNEL);
  // Whoever queued it; a delivery that fails says the same, and must not shorten the pause.
  channel.onmessage = ({ data }: MessageEvent<GateEvent>) => data.type === "offline" && timer === undefined && start();
  addEventListener("online", start);
  document.addEventListener("visibilitychange", onVisible);
  start();
  return () => {
    stopped = true;
    clearTimeout(timer);
    channel.close();
    removeEventListener("online", start);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
