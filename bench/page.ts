import { HEADER } from "../mint-server/contract/headers.ts";
import type { Tab } from "./tabs.ts";
import { chatBody, type Order } from "./work.ts";

/** What one call took in the page, by the page's own clock. */
export interface Call {
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly sizeBytes: number;
}

/** Runs in the page: calls, and reads the answer to its end. */
async function callInPage({ headers, body }: { headers: Record<string, string>; body: string }): Promise<Call> {
  const started = performance.now();
  const response = await fetch("/v1/proxy/chat/completions", { method: "POST", headers, body });
  if (!response.ok || !response.body) throw new Error(`answered ${response.status}: ${await response.text()}`);
  const reader = response.body.getReader();
  let firstByteMs = 0;
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { firstByteMs, totalMs: performance.now() - started, sizeBytes };
    firstByteMs ||= performance.now() - started;
    sizeBytes += value.length;
  }
}

/**
 * Makes a function that calls from a page with a credential of its own or, behind the worker, with any. The page takes
 * over the proof of completeness, as the worker does, so that the server does the same work both ways.
 */
export function callerIn(tab: Tab, credential: string): (order: Order) => Promise<Call> {
  const headers = {
    authorization: `Bearer ${credential}`,
    "content-type": "application/json",
    [HEADER.completeness]: "caller",
  };
  return async (order) => {
    const call = JSON.stringify({ headers, body: chatBody(order) });
    return (await tab.evaluate(`(${callInPage})(${call})`)) as Call;
  };
}

/** Two calls of the same order, one on each way. */
export interface Pair {
  readonly plain: Call;
  readonly worker: Call;
}

/** Calls both ways `count` times, the one that goes first changing each time. */
export async function pairs(
  ways: { readonly plain: (order: Order) => Promise<Call>; readonly worker: (order: Order) => Promise<Call> },
  order: Order,
  count: number,
): Promise<readonly Pair[]> {
  const seen: Pair[] = [];
  for (let at = 0; at < count; at++) {
    const first = at % 2 === 0 ? "plain" : "worker";
    const one = await ways[first](order);
    const other = await ways[first === "plain" ? "worker" : "plain"](order);
    const pair = first === "plain" ? { plain: one, worker: other } : { plain: other, worker: one };
    if (pair.plain.sizeBytes !== pair.worker.sizeBytes) throw new Error("the worker changed the size of an answer");
    seen.push(pair);
  }
  return seen;
}
