import type { Follower } from "./follower.ts";

/** What a follower is told, as a body. It goes at its reader's pace, and is left when the reader leaves. */
export function followerStream(follower: Follower): ReadableStream<Uint8Array> {
  return typeof IdentityTransformStream === "function" ? written(follower) : pulled(follower);
}

/** On workerd: its own stream, that goes through to the caller without another look at it. */
function written(follower: Follower): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let isBusy = false;
  const end = (ended: Promise<void>): void => {
    isBusy = true;
    follower.leave();
    // Nobody is there to be told.
    ended.catch(() => {});
  };
  const advance = (): void => {
    if (isBusy) return;
    const bytes = follower.take();
    if (bytes) {
      isBusy = true;
      writer.write(bytes).then(again, left);
    } else if (follower.isGone || follower.ending === "broken") end(writer.abort(BROKEN));
    else if (follower.ending) end(writer.close());
  };
  const again = (): void => {
    isBusy = false;
    advance();
  };
  // Whom nothing can be written to has left.
  const left = (): void => follower.leave();
  follower.onChange(advance);
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
