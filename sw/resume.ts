import { findModelEndpoint } from "../mint-server/contract/endpoints.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { type LocalAnswer, OFFLINE } from "./answers.ts";
import type { Call } from "./follow.ts";
import type { Gate } from "./handle.ts";
import type { Again } from "./relay.ts";
import { createMark } from "./resume-mark.ts";
import { CUT, discard, isCut, isPassing, retry, type Sent } from "./retry.ts";

/** How long the mint-server goes on with an answer that nobody follows, and how long it is asked for it. */
export const HOLD_MS = 30_000;

/** What makes a request one that can be sent again: its name, and from which byte of its answer on. */
export interface Marks {
  readonly key: string;
  readonly position: number;
}

/** Sends the request once, with a credential that is good. Rejects only when the caller has left. */
export type Send = (marks: (() => Promise<Marks>) | undefined) => Promise<Sent>;

/** A request that outlives its connection. */
export interface Lifeline {
  /** The call, to be followed in place of the one given. */
  readonly call: Call;
  readonly first: (body: ArrayBuffer | undefined, send: Send) => Promise<Response | LocalAnswer>;
  readonly again: Again;
}

/** A request that took longer than this to fail had reached something. */
const REACHED_MS = 250;

/** How often a request is tried again that may have reached nothing: a connection can break twice before an answer begins. */
const AT_LEAST = 2;

/** Where in an answer a call begins: a page whose worker was stopped has seen the bytes before. */
export function positionOf({ request }: Call): number {
  const given = request.headers.get(HEADER.position) ?? "";
  return /^\d{1,15}$/.test(given) ? Number(given) : 0;
}

/** Follows one answer over as many connections as it takes, as long as the mint-server goes on with it. */
export function openLifeline(gate: Gate, call: Call): Lifeline {
  if (call.request.method !== "POST" || !findModelEndpoint(call.target.path)) return plainLine(call);
  const start = positionOf(call);
  const mark = createMark(gate, call);
  let trial: (position: number) => Promise<Sent> = async () => CUT;
  /** Whether the mint-server can give this very answer again. */
  let isKept = false;
  const tryFor = (forMs: number, position: number, isLater: (sent: Sent) => boolean) =>
    mark.stopped
      ? CUT
      : retry({ send: () => trial(position), forMs, atLeast: AT_LEAST, isLater, signal: call.abort.signal });
  const tell = (position: number, sinceMs: number) =>
    gate.emit({ type: "resume", by: gate.by, requestId: call.id, position, tookMs: performance.now() - sinceMs });
  const give = (answer: Response | LocalAnswer) => {
    isKept = beginsAt(answer, start);
    return answer;
  };
  return {
    call: mark.call,
    async first(body, send) {
      trial = (position) => send(async () => ({ key: await mark.key(body), position }));
      const startedMs = performance.now();
      const sent = await trial(start);
      if (sent !== CUT && !isCut(sent)) return give(sent);
      const brokeMs = performance.now();
      const reached = start > 0 || sent instanceof Response || (sent === CUT && brokeMs - startedMs >= REACHED_MS);
      await discard(sent);
      const found = await tryFor(reached ? (call.patienceMs ?? HOLD_MS) : 0, start, isCut);
      if (found === CUT || isCut(found)) {
        mark.lost = reached;
        return found === CUT ? OFFLINE : found;
      }
      tell(start, brokeMs);
      return give(found);
    },
    async again(handedOn) {
      const position = start + handedOn;
      const brokeMs = performance.now();
      const found = isKept
        ? await Promise.resolve(tryFor(HOLD_MS, position, isPassing)).catch((): Sent => CUT)
        : undefined;
      if (found instanceof Response && beginsAt(found, position)) {
        tell(position, brokeMs);
        return found.body ?? undefined;
      }
      mark.lost = found === CUT || found === OFFLINE;
      await discard(found);
      return undefined;
    },
  };
}

function plainLine(call: Call): Lifeline {
  return {
    call,
    async first(_, send) {
      const sent = await send(undefined);
      return sent === CUT ? OFFLINE : sent;
    },
    again: async () => undefined,
  };
}

/** Whether it is the answer that was asked for, from that byte on. */
function beginsAt(answer: Response | LocalAnswer, position: number): boolean {
  return answer instanceof Response && answer.headers.get(HEADER.position) === `${position}`;
}
