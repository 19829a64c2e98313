import type { Caller } from "../credentials/verify.ts";
import type { Endpoint } from "../providers/provider.ts";
import type { Services } from "../server.ts";
import type { SessionAccount } from "../telemetry/record.ts";
import { ENDING, type Ending } from "./close-codes.ts";
import type { CallOrder } from "./sideband-calls.ts";

/** A call that begins, for whoever watches. */
export interface CallBeginning {
  readonly services: Pick<Services, "telemetry">;
  readonly order: CallOrder;
  readonly caller: Caller;
  readonly endpoint: Endpoint;
  /** What it has used so far. `seconds` is how long it lasted, by this server's clock. */
  readonly used: (seconds: number) => Pick<SessionAccount, "usage" | "micros"> & { readonly responses?: number };
}

const ENDED_BY_OTHERS: Ending = { code: 1000, reason: "" };

/** The function that is to be told of a call's end, and why if this server ended it, tells whoever watches. */
export function followCall({ services, order, caller, endpoint, used }: CallBeginning): (ending?: Ending) => void {
  const startedAt = Date.now();
  return (ending = ENDED_BY_OTHERS) => {
    const { telemetry } = services;
    if (!telemetry) return;
    const endedAt = Date.now();
    const seconds = (endedAt - startedAt) / 1000;
    const { responses, ...spent } = used(seconds);
    const isFailure = ending.code === ENDING.lost.code || ending.code === ENDING.tryAgain.code;
    const closeReason = ending === ENDED_BY_OTHERS ? "client" : ending.reason;
    const session = { seconds, closeCode: ending.code, closeReason, ...(responses !== undefined && { responses }) };
    telemetry.called({
      traceparent: order.traceparent,
      route: order.api === "live" ? "/live/sessions" : "/realtime/calls",
      ...{ caller, endpoint, model: order.model, startedAt, endedAt },
      account: { session, ...spent, ...(isFailure && { errorKind: ending.reason }) },
    });
  };
}
