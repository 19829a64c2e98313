import { SYSTEM_TIMING, type Timing } from "../providers/timing.ts";
import type { Follower } from "./follower.ts";

/** What a follower is told, as a body. It goes at its reader's pace, and is left when the reader leaves. */
export function followerStream(
  follower: Follower,
  timing: Pick<Timing, "now" | "after"> = SYSTEM_TIMING,
): ReadableStream<Uint8Array> {
  return typeof IdentityTransformStream === "function" ? written(follower, timing) : pulled(follower);
}

/** What comes so soon after what came before is quick; so many are a burst, which two that are not quick end. */
const QUICK_MS = 5;
const BURST = 8;
/** How long a burst is gathered: a write costs far more than what it carries, and no screen shows more. */
const GATHERING_MS = 8;

/** On workerd: its own stream, that goes through to the caller without another look at it. */
function written(follower: Follower, timing: Pick<Timing, "now" | "after">): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let isBusy = false;
  let cameAt = Number.NEGATIVE_INFINITY;
  let quick = 0;
  let stopGathering: (() => void) | undefined;
  const end = (ended: Promise<void>): void => {
    isBusy = true;
    follower.leave();
    // Nobody is there to be told.
    ended.catch(() => {});
  };
  const write = (): void => {
    stopGathering?.();
    stopGathering = undefined;
    const bytes = follower.take();
    if (bytes) {
      isBusy = true;
      writer.write(bytes).then(again, left);
    } else if (follower.isGone || follower.ending === "broken") end(writer.abort(BROKEN));
    else if (follower.ending) end(writer.close());
  };
  const advance = (): void => {
    if (isBusy) return;
    if (follower.isGone || follower.isOver || quick < BURST) write();
    else if (follower.isBehind) stopGathering ??= timing.after(GATHERING_MS, write);
  };
  const hear = (): void => {
    const now = timing.now();
    quick = now - cameAt < QUICK_MS ? Math.min(quick + 1, 2 * BURST) : Math.floor(quick / 2);
    cameAt = now;
    advance();
  };
  const again = (): void => {
    isBusy = false;
    advance();
  };
  // Whom nothing can be written to has left.
  const left = (): void => follower.leave();
  follower.onChange(hear);
  advance();
  return readable;
}

function pulled(follower: Follower): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      for (;;) {
        const bytes = follower.take();
        // A copy: what is enqueued is taken away.
        if (bytes) return controller.enqueue(bytes.slice());
        if (follower.isGone || follower.ending === "broken") {
          follower.leave();
          return controller.error(BROKEN);
        }
        if (follower.ending) {
          follower.leave();
          controller.close();
          return controller.byobRequest?.respond(0);
        }
        await follower.changed();
      }
    },
    cancel: () => follower.leave(),
  });
}

const BROKEN = new Error("The answer was broken off.");
