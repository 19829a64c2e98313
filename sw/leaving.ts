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

/** How long ago the next page may have been asked for that a page is on its way out, and how long that way is. */
const REPLACED_MS = 5_000;
const GOING_MS = 500;

/** Whether a page is there to stay: in Firefox one that was reloaded can be seen while its successor asks already. */
export async function isThereToStay(scope: WorkerScope, id: string, navigatedMs: number): Promise<boolean> {
  const startedMs = performance.now();
  const patienceMs = startedMs - navigatedMs < REPLACED_MS ? GOING_MS : 0;
  for (;;) {
    if ((await scope.clients.get(id)) === undefined) return false;
    if (performance.now() - startedMs >= patienceMs) return true;
    await pause(LOOK_MS);
  }
}

/** True if a page is open that this worker answers, or would after the next load. */
async function hasWindow({ clients, registration }: WorkerScope): Promise<boolean> {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.some(({ url }) => url.startsWith(registration.scope));
}
