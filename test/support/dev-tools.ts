import type { CDPSession } from "playwright-core";
import type { Tab } from "./engines/engine.ts";

/** Chromium's developer tools, for what no other engine can be made to do. */
export async function devToolsOf({ playwright: page }: Tab): Promise<CDPSession> {
  if (!page) throw new Error("this engine has no such tools");
  return page.context().newCDPSession(page);
}

/** As a browser does with a worker that it takes for idle; its next event starts it again, with nothing in memory. */
export async function stopWorkers(tab: Tab): Promise<void> {
  const devTools = await devToolsOf(tab);
  await devTools.send("ServiceWorker.enable");
  await devTools.send("ServiceWorker.stopAllWorkers");
  await devTools.detach();
}
