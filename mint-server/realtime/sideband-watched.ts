import { type Failure, fail, ok, type Result } from "../failures.ts";
import type { Services } from "../server.ts";
import type { CallPlace } from "./calls-id.ts";
import { openText, sealText } from "./calls-seal.ts";
import { endpointOf } from "./sideband.ts";
import type { BegunCall, CallOrder, Calls } from "./sideband-calls.ts";
import { ready as readyOf, untilEnded, type Watchable } from "./sideband-kinds.ts";
import type { RunningCall } from "./sideband-run.ts";

/** The calls that one object watches over. */
export interface WatchedCalls extends Calls {
  /** Sees to it that every stored call is watched over. */
  wake(): Promise<void>;
}

export interface StoredCall extends Record<string, string> {
  readonly id: string;
  /** What is needed to go on with it; only this server can read it. */
  readonly sealed: string;
}

export interface WatchedCallsParts {
  readonly services: () => Promise<Services>;
  readonly store: {
    readonly all: () => readonly StoredCall[];
    readonly put: (call: StoredCall) => void;
    readonly delete: (id: string) => void;
    /** Asks for {@link WatchedCalls.wake} later on, in milliseconds. */
    readonly wakeIn: (ms: number) => Promise<void>;
  };
}

/** A begun call that nobody attaches in this time came to nothing. */
const ATTACH_MS = 60_000;
/** So often it is seen to that every call is watched over; after a crash, a call is not for no longer. */
const WAKE_MS = 15_000;

interface Waiting {
  readonly call: Watchable;
  readonly timer: ReturnType<typeof setTimeout>;
}

export function createWatchedCalls({ services, store }: WatchedCallsParts): WatchedCalls {
  const begun = new Map<string, Waiting>();
  const running = new Map<string, RunningCall>();

  const forget = (id: string): void => {
    running.delete(id);
    store.delete(id);
  };
  const run = async (id: string, call: Watchable, place: CallPlace): Promise<Result<void>> => {
    const started = await call.run({ services: await services(), place, onOver: () => forget(id) });
    if (started.ok) running.set(id, started.value);
    else call.release();
    return started.ok ? ok(undefined) : started;
  };
  /** Goes on with a call that was watched over when this object ended. */
  const resume = async ({ id, sealed }: StoredCall): Promise<void> => {
    const { keyring } = await services();
    const text = await openText(keyring, sealed, placeOf(id));
    if (text === undefined) return forget(id);
    const { order, place } = JSON.parse(text) as Stored;
    const ready = await readyOf(await services(), { ...order, now: Date.now() }, true);
    const resumed = ready.ok ? await run(id, ready.value, place) : ready;
    // What could not be reached may be the next time.
    if (resumed.ok || isPassing(resumed.failure)) return;
    forget(id);
    const isOver = resumed.failure.kind === "upstream_error" && resumed.failure.status === 404;
    if (!isOver) await end(order, place);
  };
  /** Ends a call that cannot be watched over any more. */
  const end = async (order: CallOrder, place: CallPlace): Promise<void> => {
    const endpoint = await endpointOf(await services(), order, place);
    if (!endpoint.ok) return console.error("mintgate: a call could not be ended");
    const callersKey = order.sealedKey !== undefined;
    await untilEnded(order, { endpoint: endpoint.value, model: place.model, callersKey }, place.callId);
  };
  const take = (id: string): Watchable | undefined => {
    const waiting = begun.get(id);
    begun.delete(id);
    clearTimeout(waiting?.timer);
    return waiting?.call;
  };

  return {
    async begin(order) {
      const ready = await readyOf(await services(), order);
      if (!ready.ok) return ready;
      const id = crypto.randomUUID();
      const timer = setTimeout(() => take(id)?.release(), ATTACH_MS);
      begun.set(id, { call: ready.value, timer });
      const { maxOutputTokens } = ready.value;
      return ok<BegunCall>({ id, ...(maxOutputTokens !== undefined && { maxOutputTokens }) });
    },
    async attach(id, place) {
      const call = take(id);
      if (!call) return fail({ kind: "call_not_found" });
      const { keyring } = await services();
      const stored: Stored = { order: call.order, place };
      // Before anything can go wrong: what is stored is watched over again.
      store.put({ id, sealed: await sealText(keyring, JSON.stringify(stored), placeOf(id)) });
      await store.wakeIn(WAKE_MS);
      const attached = await run(id, call, place);
      if (!attached.ok) forget(id);
      return attached;
    },
    async drop(id) {
      take(id)?.release();
    },
    async wake() {
      const stored = store.all();
      if (stored.length === 0) return;
      await store.wakeIn(WAKE_MS);
      for (const call of stored) if (!running.has(call.id)) await resume(call);
    },
  };
}

interface Stored {
  readonly order: CallOrder;
  readonly place: CallPlace;
}

function isPassing(failure: Failure): boolean {
  switch (failure.kind) {
    case "ledger_unavailable":
    case "directory_unavailable":
    case "upstream_unreachable":
    case "upstream_timeout":
      return true;
    case "upstream_error":
      return failure.status >= 500 || failure.status === 429;
    default:
      return false;
  }
}

function placeOf(id: string) {
  return { label: "watched call", parts: [id] } as const;
}
