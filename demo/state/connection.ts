import { app } from "./app.ts";

const FIRST_DELAY_MS = 2000;
const LONGEST_DELAY_MS = 30_000;

let timer = 0;
let onBack = (): void => undefined;
let delayMs = FIRST_DELAY_MS;

/**
 * Says that a request could not reach the mint-server. From then on it is asked again and again, less and less often.
 * `navigator.onLine` is not consulted: it says whether there is a network, not whether the server answers.
 */
export function reportOffline(): void {
  if (app.get().offline) return;
  app.patch({ offline: true });
  delayMs = FIRST_DELAY_MS;
  schedule();
}

/** Says that the mint-server answered. */
export function reportReached(): void {
  clearTimeout(timer);
  if (!app.get().offline) return;
  app.patch({ offline: false });
  onBack();
}

/** Asks the mint-server whether it is there. */
export async function probe(): Promise<boolean> {
  clearTimeout(timer);
  const reached = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(5000) }).then(
    (response) => response.ok,
    () => false,
  );
  if (reached) reportReached();
  else if (app.get().offline) schedule();
  else reportOffline();
  return reached;
}

function schedule(): void {
  clearTimeout(timer);
  timer = window.setTimeout(probe, delayMs);
  delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
}

/** The browser's own hints are reason enough to ask, and no more. `back` is called when the mint-server is back. */
export function watchConnection(back: () => void): void {
  onBack = back;
  addEventListener("online", probe);
  addEventListener("offline", probe);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && app.get().offline) void probe();
  });
}
