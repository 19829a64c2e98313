import { openEntry } from "../mint-server/contract/envelope.ts";
import type { BrowserCache } from "./cache.ts";
import type { CacheKeys } from "./cache-store.ts";
import type { Call } from "./follow.ts";
import { type Gate, handle } from "./handle.ts";
import type { OutboxStore, Waiting } from "./outbox-store.ts";
import type { Outcome } from "./relay.ts";
import { isCut } from "./retry.ts";

export interface DeliveryOptions {
  /** Sends what waits. */
  readonly gate: Gate;
  readonly keyring: BrowserCache["keyring"];
  /** What the outbox is for; see `slotOf`. */
  readonly slot: Promise<string>;
  readonly store: OutboxStore;
  /** The device's date, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Among a sealed request's headers, where it goes: no header has this name. */
export const AT = ":at";

/** How long a request waits. */
export const MAX_AGE_MS = 7 * 24 * 60 * 60_000;

/** An answer that breaks off each time may be paid for each time. */
const MAX_TRIES = 5;

/** Statuses that say nothing of the request itself: not now, or not with this credential. */
const LATER: readonly number[] = [401, 402, 408, 425, 429];

/** What became of a request. `tried`: its answer broke off. `stop`: no other would fare better now. */
type Step = "gone" | "left" | "tried" | "stop";

/**
 * Sends what waits for this mint-server, in its order; one that a provider failed lets the next ones pass. Tells what is
 * left: `unanswered` if the mint-server was reached, `waiting` if not.
 */
export async function deliverAll(options: DeliveryOptions): Promise<"nothing" | "waiting" | "unanswered"> {
  const { slot, store } = options;
  const ours = await slot;
  let left: "nothing" | "unanswered" = "nothing";
  for (let after = 0; ; ) {
    const found = await store.next(ours, after);
    if (!found) return left;
    const { at, message } = found;
    const step = await deliver(options, message);
    if (step === "stop") return "waiting";
    after = at;
    if (step === "gone") await store.delete(at);
    else left = "unanswered";
    if (step === "tried") await store.put(at, { ...message, tries: message.tries + 1 });
  }
}

async function deliver(options: DeliveryOptions, message: Waiting): Promise<Step> {
  const { gate, keyring, now } = options;
  // First of all: whose credential it is says whose keys are used.
  const keys = (await gate.credentials.get()).ok ? await keyring.current() : undefined;
  if (!keys) return "stop";
  const { id, kid, bytes, tries } = message;
  if (keys.kid !== kid) return (await isLost(options, message, keys)) ? "gone" : "left";
  const entry = await openEntry(bytes, { key: keys.sealing, kid, name: id, nowMs: now() });
  const end = (type: "delivered" | "undeliverable", status?: number): Step => {
    gate.emit({ type, by: gate.by, requestId: id, status });
    return "gone";
  };
  if (!entry) return end("undeliverable");
  const { [AT]: at = "", ...headers } = entry.headers;
  const [url, target] = JSON.parse(at) as [string, Call["target"]];
  const request = new Request(url, { method: "POST", headers, body: entry.body });
  const { answer, outcome } = await send(gate, { id, request, target }, () => keyring.isLive(keys));
  const { status } = answer;
  if (answer.ok) {
    if (outcome === "complete") return end("delivered", status);
    return tries + 1 < MAX_TRIES ? "tried" : end("undeliverable", status);
  }
  if (status < 500 && !LATER.includes(status)) return end("undeliverable", status);
  return status < 500 || isCut(answer) ? "stop" : "left";
}

/** Sends a request as any other, and reads its answer, which lands in the cache. */
async function send(gate: Gate, asked: Pick<Call, "id" | "request" | "target">, isAllowed: () => boolean) {
  const abort = new AbortController();
  let outcome: Outcome | undefined;
  const answer = await handle(gate, {
    ...asked,
    abort,
    // Never with another user's credential.
    onSend: () => isAllowed() || abort.abort(),
    onDone(how) {
      outcome = how;
    },
  });
  await answer.body?.pipeTo(new WritableStream()).catch(() => undefined);
  return { answer, outcome };
}

/** True if nobody can open it any more. Keys that could not be stored are no sign of that. */
async function isLost({ keyring, now }: DeliveryOptions, { createdMs }: Waiting, { kid }: CacheKeys) {
  return now() > createdMs + MAX_AGE_MS || (await keyring.stored())?.kid === kid;
}
