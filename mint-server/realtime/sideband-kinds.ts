import { ok, type Result } from "../failures.ts";
import type { Services } from "../server.ts";
import type { CallPlace } from "./calls-id.ts";
import { type CallRequest, untilHungUp } from "./calls-upstream.ts";
import type { Ending } from "./close-codes.ts";
import { runLive } from "./live-run.ts";
import { untilClosed } from "./live-upstream.ts";
import { readyLive } from "./live-watched.ts";
import { readyCall } from "./sideband.ts";
import type { CallOrder } from "./sideband-calls.ts";
import { type RunningCall, runCall } from "./sideband-run.ts";

/** A call that was counted and may begin, of either API. */
export interface Watchable {
  readonly order: CallOrder;
  readonly maxOutputTokens: number | undefined;
  run(options: RunOptions): Promise<Result<RunningCall>>;
  /** It does not begin. */
  release(): void;
}

interface RunOptions {
  readonly services: Services;
  readonly place: CallPlace;
  /** The call is over, and why if we ended it; once. */
  readonly onOver: (ending?: Ending) => void;
}

/** Counts a call of either API. `isResumed`: it was counted before, and goes on after this server was started anew. */
export async function ready(services: Services, order: CallOrder, isResumed = false): Promise<Result<Watchable>> {
  if (order.api === "live") {
    const counted = await readyLive(services, order, isResumed);
    if (!counted.ok) return counted;
    const live = counted.value;
    return ok({
      order,
      maxOutputTokens: undefined,
      run: (options) => runLive({ ...options, live }),
      release: () => live.time.stop(Date.now()),
    });
  }
  const counted = await readyCall(services, order, isResumed);
  if (!counted.ok) return counted;
  const call = counted.value;
  return ok({
    order,
    maxOutputTokens: call.maxOutputTokens,
    run: (options) => runCall({ ...options, call }),
    release() {
      call.payments?.stop();
      call.time.stop(Date.now());
    },
  });
}

/** Ends a call that must not go on. */
export function untilEnded({ api }: CallOrder, request: CallRequest, callId: string): Promise<void> {
  return api === "live" ? untilClosed(request, callId) : untilHungUp(request, callId);
}
