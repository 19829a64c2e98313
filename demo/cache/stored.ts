import { useEffect, useState } from "preact/hooks";
import { type CacheInfo, cacheInfo, onEvent, outbox, type Queued } from "../../sw/client.ts";
import { openGate } from "../state/gate.ts";

/** What is in this browser. */
export interface Stored {
  readonly cache: CacheInfo;
  readonly waiting: readonly Queued[];
  /** When it was looked up. */
  readonly nowMs: number;
}

/** How long after an answer it is surely stored. */
const SETTLE_MS = 150;
const LOOK_MS = 15_000;

const CHANGING: readonly string[] = ["done", "delivered", "undeliverable", "offline"];

/** What is stored, looked up again whenever something may have changed; `refresh` does it now. */
export function useStored(): { readonly stored: Stored | undefined; readonly refresh: () => Promise<void> } {
  const [stored, setStored] = useState<Stored>();
  const refresh = async (): Promise<void> => setStored(await look());
  useEffect(() => {
    let timer = 0;
    const soon = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void refresh(), SETTLE_MS);
    };
    void refresh();
    const silence = onEvent(({ type }) => CHANGING.includes(type) && soon());
    const looking = setInterval(refresh, LOOK_MS);
    return () => {
      silence();
      clearTimeout(timer);
      clearInterval(looking);
    };
  }, []);
  return { stored, refresh };
}

async function look(): Promise<Stored> {
  // The cache belongs to the worker, which may not be there yet.
  await openGate().catch(() => undefined);
  const [cache, waiting] = await Promise.all([cacheInfo(), outbox()]);
  return { cache, waiting, nowMs: Date.now() };
}
