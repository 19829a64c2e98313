import { pause } from "./pause.ts";
import type { WorkerScope } from "./worker-scope.ts";

/** How long a page whose reader is gone may be seen: closing takes a moment. If it is there still, it has given up. */
const CLOSING_MS = 250;

/** How long after its page the next one may come, as in a reload. */
const RETURN_MS = 400;

const LOOK_MS = 50;

interface Departure {
  readonly scope: WorkerScope;
  readonly clientId: string;
  /** Resolves if the page says that it gave the answer up. */
  readonly givenUp: Promise<void>;
  /** When the last document of this scope was asked for, as `performance.now()` has it. */
  readonly navigatedMs: () => number;
}

/**
 * What became of an answer whose reader is gone: `true` if nobody will want the rest. `false` if its page has gone, and there
 * is another one which may ask the same again.
 */
export async function isUnwanted({ scope, clientId, givenUp, navigatedMs }: Departure): Promise<boolean> {
  let said = false;
  const saying = givenUp.then(() => {
    said = true;
  });
  const leftMs = performance.now();
  let goneMs: number | undefined;
  for (;;) {
    const isThere = clientId === "" || (await scope.clients.get(clientId)) !== undefined;
    const nowMs = performance.now();
    if (said || (isThere && nowMs - leftMs >= CLOSING_MS)) return true;
    if (!isThere) {
      goneMs ??= nowMs;
      if (navigatedMs() >= leftMs || (await hasWindow(scope))) return false;
      if (nowMs - goneMs >= RETURN_MS) return true;
    }
    await Promise.race([saying, pause(LOOK_MS)]);
  }
}

/** True if a page is open that this worker answers, or would after the next load. */
async function hasWindow({ clients, registration }: WorkerScope): Promise<boolean> {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.some(({ url }) => url.startsWith(registration.scope));
}
