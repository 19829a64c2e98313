import { ask, readIdToken, type SessionMessage } from "./messages.ts";
import type { WorkerScope } from "./worker-scope.ts";

/** How long a page may take to fetch its ID token, and how many pages are asked. */
const ANSWER_MS = 5_000;
const MAX_PAGES = 3;

/**
 * Asks the open pages for the app's ID token, one after the other: a page in the background may be frozen and never
 * answer. `undefined` if no page has one.
 */
export async function idTokenFromPages(scope: WorkerScope): Promise<string | undefined> {
  // Engines list the most recently focused page first.
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages.slice(0, MAX_PAGES)) {
    const token = readIdToken(await ask(page, { type: "mintgate:session" }, ANSWER_MS));
    if (token !== undefined) return token;
  }
  return undefined;
}

/** The page's answer to {@link idTokenFromPages}. A session function that fails counts as no token. */
export async function answerSession(
  port: MessagePort,
  session: (() => Promise<string | undefined>) | undefined,
): Promise<void> {
  const idToken = await session?.().catch(() => undefined);
  const answer: SessionMessage = { type: "mintgate:session", idToken };
  port.postMessage(answer);
}
