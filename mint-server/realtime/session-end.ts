import { describe } from "../failure-answers.ts";
import type { Failure } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { factsAt } from "../providers/select.ts";
import type { SessionAccount } from "../telemetry/record.ts";
import { ENDING, type Ending, endingOf } from "./close-codes.ts";
import { fieldsOf, readServerEvent } from "./events.ts";
import type { Frame, Side } from "./link.ts";
import type { RealtimeMeter } from "./meter.ts";
import type { Opened, Wanted } from "./open-session.ts";
import { realtimeMicros, realtimePriceOf, sumOf } from "./price.ts";

/** A session that begins. */
export interface Beginning {
  readonly wanted: Wanted;
  readonly opened: Pick<Opened, "endpoint" | "meter" | "lost">;
  /** Whether its frames are read, so that its meter knows what was said. */
  readonly isRead: boolean;
  /** To be told of its end, where somebody watches. */
  readonly over: ((account: SessionAccount) => void) | undefined;
}

/** Counts a session from now on. The function that is to be told of its end tells all who have to know. */
export function followSession({ wanted, opened, isRead, over }: Beginning): (ending: Ending, by: Side) => void {
  const { services, caller, model } = wanted;
  const { endpoint, meter, lost } = opened;
  const { org } = caller.grant;
  const startedAt = Date.now();
  const counted = services.sessionsSeen.begin(org);
  return (ending, by) => {
    const endedAt = Date.now();
    const { subject } = caller;
    if (by === "provider" && ending === ENDING.lost) lost();
    const about = { org, subject, model, endpoint: endpoint.name, startedAt, endedAt, ending };
    services.onSession?.({ ...about, ...(isRead && { totals: { ...meter.totals } }) });
    const seconds = (endedAt - startedAt) / 1000;
    const { usage, micros } = usedBy(meter, endpoint, model);
    counted({ seconds, tokens: usage.inputTokens + usage.outputTokens, micros: micros ?? 0 });
    const failed = by !== "client" && (ending.code === ENDING.lost.code || ending.code === ENDING.tryAgain.code);
    const { responses, audioInSeconds, audioOutSeconds } = meter.totals;
    over?.({
      endpoint: endpoint.name,
      session: {
        seconds,
        closeCode: ending.code,
        closeReason: by === "us" ? ending.reason : by,
        ...(isRead && { audioInSeconds, audioOutSeconds }),
        ...((isRead || responses > 0) && { responses }),
      },
      ...(failed && { errorKind: ending.code === ENDING.lost.code ? ENDING.lost.reason : ENDING.tryAgain.reason }),
      ...(responses > 0 && { usage, ...(micros !== undefined && { micros }) }),
    });
  };
}

/** What a meter has counted, and what it cost where a price is known. */
export function usedBy({ used }: Pick<RealtimeMeter, "used">, endpoint: Endpoint, model: string) {
  const price = realtimePriceOf(model, endpoint.provider.id, factsAt(endpoint, model));
  return {
    usage: { inputTokens: sumOf(used.input), outputTokens: sumOf(used.output), cachedTokens: sumOf(used.cached) },
    micros: price && realtimeMicros(used, price),
  };
}

/** Of a session whose frames pass unread: where somebody watches, what its responses did use is looked for in passing. */
export function usageListener({ meter }: Pick<Opened, "meter">): (frame: Frame) => void {
  return (frame) => {
    const text = typeof frame === "string" ? frame : undefined;
    if (text === undefined || !text.includes('"response.done"')) return;
    const event = readServerEvent(text);
    // Whatever else it holds: a model may have said those words.
    if (event?.type === "response.done" && fieldsOf(event.response).usage !== undefined) meter.received(event);
  };
}

/** What is known of a session that was let in and came to nothing: for that failure, or because its client left. */
export function neverBegan(failure?: Failure): SessionAccount {
  const session = { seconds: 0, closeCode: failure ? endingOf(failure).code : 1000, closeReason: "never_began" };
  // A caller's own mistake is no failure of the server's.
  const isServers = failure !== undefined && describe(failure).status >= 500;
  return { session, ...(isServers && { errorKind: failure.kind }) };
}
