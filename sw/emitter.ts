import { EVENTS_CHANNEL, type GateEvent } from "./events.ts";

/**
 * How long reports are collected: telling the browser's other processes must not stand between a request and the network,
 * nor between an answer and the page.
 */
const REPORT_MS = 30;

/** Reports to every page of the origin. */
export function createEmitter(): (event: GateEvent) => void {
  const channel = new BroadcastChannel(EVENTS_CHANNEL);
  const waiting: GateEvent[] = [];
  const report = () => {
    for (const event of waiting.splice(0)) channel.postMessage(event);
  };
  return (event) => {
    if (waiting.push(event) === 1) setTimeout(report, REPORT_MS);
  };
}
