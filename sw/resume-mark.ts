import { HEADER } from "../mint-server/contract/headers.ts";
import type { Call, UnderWay } from "./follow.ts";
import type { Gate } from "./handle.ts";
import type { Outcome } from "./relay.ts";
import { type Stoppable, stopAnswer } from "./stop.ts";
import type { Listing } from "./unfinished.ts";

/** The name under which the mint-server knows a call's answer, and what is to become of that when the call ends. */
export interface Mark {
  key(body: ArrayBuffer | undefined): Promise<string>;
  /** The call, to be followed in place of the one given. */
  readonly call: Call;
  /** The answer may go on where it cannot be reached. */
  lost: boolean;
  /** It was stopped while its caller may still follow it. */
  stopped: boolean;
}

export function createMark(gate: Gate, call: Call): Mark {
  const { unfinished } = gate;
  const { request, target } = call;
  let naming: Promise<string> | undefined;
  let underWay: UnderWay | undefined;
  let listing: Listing | undefined;
  const name = async (body: ArrayBuffer | undefined): Promise<string> => {
    const question = { url: target.url, headers: request.headers, body };
    const given = request.headers.get(HEADER.idempotencyKey);
    // What an app names itself is the same request only if it has the same name.
    const key = given ?? (await unfinished?.take(question, call)) ?? call.key ?? call.id;
    listing = unfinished?.list(key, question, call.clientId);
    underWay = createUnderWay(gate, { target, key }, listing, () => {
      mark.stopped = true;
    });
    call.onUnderWay?.(underWay);
    return key;
  };
  const end = (outcome: Outcome) => {
    if (outcome !== "cancelled") {
      if (outcome === "failed" && mark.lost) listing?.leave();
      else listing?.end();
    } else if (underWay) {
      if (call.onLeft) call.onLeft(underWay);
      else void underWay.stop();
    }
  };
  const onDone = (outcome: Outcome) => {
    end(outcome);
    call.onDone?.(outcome);
  };
  const mark: Mark = {
    lost: false,
    stopped: false,
    key: (body) => (naming ??= name(body)),
    call: { ...call, onDone },
  };
  return mark;
}

function createUnderWay(gate: Gate, answer: Stoppable, listing: Listing | undefined, onStopped: () => void): UnderWay {
  return {
    leave: () => listing?.leave(),
    async stop() {
      if (listing?.end() ?? true) await stopAnswer(gate, answer);
    },
    key: answer.key,
    onStopped,
  };
}
