import type { JsModel } from "../../../sw/client.ts";

/* Models that are functions, for the page and for the worker. */

export const echo: JsModel = async function* ({ messages }) {
  yield "You said: ";
  yield messages.at(-1)?.content ?? "";
};

/** Speaks, or is silent, until it is aborted; says that it began and ended on the channel that the last message names. */
export const endless: JsModel = async function* ({ messages, signal }) {
  const [channel = "", first] = messages.at(-1)?.content.split(" ") ?? [];
  const told = new BroadcastChannel(channel);
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  told.postMessage("started");
  if (first) yield first;
  await stopped;
  // Left open: WebKit would lose what was said last.
  told.postMessage("stopped");
};
