import { sealEntry } from "../mint-server/contract/envelope.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import type { LocalAnswer } from "./answers.ts";
import { readQuestion } from "./cache-question.ts";
import type { Call } from "./follow.ts";
import { callerHeaders } from "./handle.ts";
import { AT, type DeliveryOptions, deliverAll, MAX_AGE_MS } from "./outbox-delivery.ts";
import { positionOf } from "./resume.ts";
import { discard, isCut } from "./retry.ts";
import { within } from "./within.ts";

/** Requests that could not be sent, and go out when the mint-server is there again. */
export interface Outbox {
  /** The call's way through the outbox, if its app asks for that. */
  accept(call: Call): Accepted | undefined;
  /** The mint-server has answered someone: what waits can go. */
  reached(): void;
  /** Sends what waits, one after the other. Resolves to true if some of it is still there. Never rejects. */
  deliver(): Promise<boolean>;
}

type Answer = Response | LocalAnswer;

export interface Accepted {
  /** The call to go on with in place of the one given. */
  readonly call: Call;
  /** Queues the request if its answer says that the mint-server cannot be reached. */
  settle(answer: Answer, body: ArrayBuffer | undefined): Promise<Answer>;
}

export interface OutboxOptions extends DeliveryOptions {
  /** Called when a request was queued. */
  readonly onQueued?: (() => void) | undefined;
}

/** How long one that may be queued is tried again before it is, if it is lost on its way. */
const PATIENCE_MS = 1_000;

/** How long sealing and storing may take. */
const STORE_MS = 2_000;

/** How long other requests set off no delivery, after one that the mint-server had and could not answer. */
const REST_MS = 30_000;

/** Held while something is delivered, so that it is done by one worker or page at a time. */
const LOCK = "mintgate:outbox";

/** Puts the outbox together. Workers and pages of one origin share what waits, and one of them at a time delivers it. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { slot, onQueued } = options;
  let running: Promise<boolean> | undefined;
  let isEmpty = false;
  let restsUntilMs = 0;
  const round = async () => {
    const left = await deliverAll(options);
    isEmpty = left === "nothing";
    if (left === "unanswered") restsUntilMs = performance.now() + REST_MS;
    return !isEmpty;
  };
  const deliver = () => {
    running ??= inTurn(slot, round)
      .catch(() => true)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  return {
    accept(given) {
      if (given.request.headers.get(HEADER.offline) !== "queue" || positionOf(given) > 0) return undefined;
      const call = queueable(given);
      const { headers } = call.request;
      return {
        call,
        async settle(answer, body) {
          if (!isCut(answer) || !(await within(() => enqueue(options, call, body), STORE_MS))) return answer;
          await discard(answer);
          isEmpty = false;
          onQueued?.();
          return queuedAnswer(headers.get(HEADER.idempotencyKey) ?? "");
        },
      };
    },
    reached() {
      if (!isEmpty && performance.now() >= restsUntilMs) void deliver();
    },
    deliver,
  };
}

/** `true` while another worker or page is at it. */
async function inTurn(slot: Promise<string>, work: () => Promise<boolean>): Promise<boolean> {
  if (!navigator.locks) return work();
  return navigator.locks.request(`${LOCK}:${await slot}`, { ifAvailable: true }, (lock) => (lock ? work() : true));
}

/** The call under a name that its delivery can have as well, and so that its answer is found by who asks again. */
function queueable(call: Call): Call {
  const headers = new Headers(call.request.headers);
  // A worker that was stopped before it answered is asked for all of it.
  headers.delete(HEADER.position);
  if (!headers.has(HEADER.useCache)) headers.set(HEADER.useCache, "always");
  if (!headers.has(HEADER.idempotencyKey)) headers.set(HEADER.idempotencyKey, call.key ?? call.id);
  return { ...call, request: new Request(call.request, { headers }), patienceMs: PATIENCE_MS };
}

/** Seals a request and stores it. False for one whose answer no cache would keep, and where there is no room or no key. */
async function enqueue(
  { keyring, slot, store, now }: OutboxOptions,
  call: Call,
  body: ArrayBuffer | undefined,
): Promise<boolean> {
  const asked = readQuestion(call, body);
  const keys = await keyring.current();
  if (!asked?.orders.write || !body || !keys) return false;
  const { kid, sealing } = keys;
  const headers = Object.fromEntries(callerHeaders(call.request.headers));
  const id = headers[HEADER.idempotencyKey] ?? "";
  const createdMs = now();
  const entry = {
    createdMs,
    expiresMs: createdMs + MAX_AGE_MS,
    status: 0,
    headers: { ...headers, [AT]: JSON.stringify([call.request.url, call.target]) },
    model: "",
    form: "whole",
    body: new Uint8Array(body),
  } as const;
  const bytes = await sealEntry(entry, { key: sealing, kid, name: id });
  // Someone may have signed out in between.
  return keyring.isLive(keys) && store.add({ id, slot: await slot, kid, createdMs, tries: 0, bytes });
}

function queuedAnswer(id: string): LocalAnswer {
  return {
    status: 503,
    headers: { [HEADER.outbox]: id },
    error: {
      message:
        "The mint-server could not be reached. The request waits in this browser until it can be; ask the same again then.",
      type: "connection_error",
      code: "queued",
    },
  };
}
