import { parseJson } from "../contract/json.ts";
import { ok, type Result } from "../failures.ts";
import type { SessionAccount } from "../telemetry/record.ts";
import { asObject, parse } from "../wire/read.ts";
import { ENDING, type Ending, endingOf } from "./close-codes.ts";
import type { Fields } from "./events.ts";
import { createGeminiLeash, type GeminiLeash } from "./gemini-leash.ts";
import { createGeminiPayments, type GeminiPayments } from "./gemini-payments.ts";
import { type Frame, joinSockets, type Link, type Reader } from "./link.ts";
import { leave, type Opened, type Wanted } from "./open-session.ts";
import { startClock } from "./session-clock.ts";
import { followSession } from "./session-end.ts";

/** A session in Gemini's own protocol, before its two sides are joined. */
export interface GeminiJoining {
  readonly wanted: Wanted;
  readonly opened: Opened;
  readonly client: WebSocket;
  readonly setup: Fields;
  /** The client's frames so far, the setup first. */
  readonly waiting: readonly Frame[];
  /** To be told of the session's end, where somebody watches. */
  readonly over: ((account: SessionAccount) => void) | undefined;
}

/** Joins the two sides. A key's frames pass as they are; a credential's are read along. */
export async function joinGemini(joining: GeminiJoining): Promise<Result<void>> {
  const { wanted, opened, client, waiting, over } = joining;
  const { services, caller } = wanted;
  const { upstream, time } = opened;
  const { credential } = caller;
  const reading = credential ? await readAlong(joining) : ok(undefined);
  if (!reading.ok) {
    leave(opened);
    return reading;
  }
  let clock: ReturnType<typeof startClock> | undefined;
  const reader = reading.value && readGemini({ ...reading.value, onActivity: () => clock?.touch() });
  const ended = followSession({ wanted, opened, isRead: reader !== undefined, over });
  const link: Link = joinSockets({
    client,
    upstream,
    ...(reader && { reader }),
    waiting: reader ? waiting.slice(1) : waiting,
    cancel: JSON.stringify({ clientContent: { turnComplete: false } }),
    onEnd(ending, by) {
      clock?.stop();
      ended(ending, by);
    },
  });
  if (!credential || !time) return ok(undefined);
  const onEnd = (ending: Ending): void => link.end(ending);
  clock = startClock({ client: services.ledgerOf(caller.ledger), caller, credential, time, onEnd });
  return ok(undefined);
}

interface Reading {
  readonly leash: GeminiLeash;
  readonly payments: GeminiPayments;
  /** The setup as it may be. */
  readonly setup: Fields;
}

/** Pays for the first turn, and holds the setup to what the credential allows. */
async function readAlong({ wanted, opened, setup }: GeminiJoining): Promise<Result<Reading>> {
  const { caller, model } = wanted;
  const { payments, meter } = opened;
  const paying = createGeminiPayments(payments, meter);
  const paid = await paying.prepare();
  if (!paid.ok) return paid;
  const leash = createGeminiLeash(caller, model, paid.value);
  const allowed = leash.setUp(setup);
  return allowed.ok ? ok({ leash, payments: paying, setup: allowed.value }) : allowed;
}

function readGemini({ leash, payments, setup, onActivity }: Reading & { readonly onActivity: () => void }) {
  return (link: Link): Reader => {
    payments.sent({ setup });
    link.toUpstream(JSON.stringify({ setup }));
    const prepare = async (): Promise<void> => {
      const paid = await payments.prepare();
      if (!paid.ok) link.end(endingOf(paid.failure));
    };
    return {
      fromClient(frame) {
        onActivity();
        const parsed = parseJson(textOf(frame));
        const message = parsed.ok ? asObject(parsed.value) : undefined;
        if (!message) return link.end(ENDING.frame);
        const checked = leash.check(message);
        // This protocol has no message that would say what was refused.
        if (!checked.ok) return link.end(endingOf(checked.failure));
        payments.sent(message);
        link.toUpstream(frame);
      },
      fromUpstream(frame) {
        const message = asObject(parse(textOf(frame)));
        const { ending, isOver } = payments.received(message ?? {});
        if (ending) return link.end(ending);
        if (message?.serverContent !== undefined || message?.toolCall !== undefined) onActivity();
        link.toClient(frame);
        if (isOver) link.queue(prepare);
      },
    };
  };
}

function textOf(frame: Frame): string {
  return typeof frame === "string" ? frame : new TextDecoder().decode(frame);
}
