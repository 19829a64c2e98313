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

interface Looked {
  /** Undefined until it was looked up. */
  readonly stored: Stored | undefined;
  /** The browser did not let the page look. */
  readonly failed: boolean;
  readonly refresh: () => Promise<void>;
}

/** How long after an answer it is surely stored. */
const SETTLE_MS = 150;
const LOOK_MS = 15_000;

const CHANGING: readonly string[] = ["done", "delivered", "undeliverable", "offline"];

/** What is stored, looked up again whenever something may have changed; `refresh` does it now. */
export function useStored(): Looked {
  const [stored, setStored] = useState<Stored>();
  const [failed, setFailed] = useState(false);
  const refresh = async (): Promise<void> => {
    const found = await look().catch(() => undefined);
    setFailed(!found);
    if (found) setStored(found);
  };
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
  return { stored, failed, refresh };
}

async function look(): Promise<Stored> {
  // The cache belongs to the worker, which may not be there yet.
  await openGate().catch(() => undefined);
  const [cache, waiting] = await Promise.all([cacheInfo(), outbox()]);
  return { cache, waiting, nowMs: Date.now() };
}
