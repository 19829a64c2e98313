import { describe } from "../failure-answers.ts";
import type { Failure } from "../failures.ts";
import { type BetaTranslation, createBetaTranslation } from "./beta.ts";
import { ENDING, type Ending, endingOf } from "./close-codes.ts";
import type { Dialect, Exchange } from "./dialect.ts";
import {
  errorEvent,
  fieldsOf,
  invalidEvent,
  newEventId,
  type RealtimeEvent,
  readEvent,
  readServerEvent,
} from "./events.ts";
import type { Leash } from "./leash.ts";
import type { Frame, Link, Reader } from "./link.ts";
import type { RealtimeMeter } from "./meter.ts";
import type { SessionPayments } from "./session-payments.ts";

/** Who reads a session's events along, and what of it each needs. */
export interface SessionParts {
  readonly sessionType: "realtime" | "transcription";
  readonly isBeta: boolean;
  readonly dialect: Dialect | undefined;
  /** Present for a credential's session. */
  readonly leash: Leash | undefined;
  readonly meter: RealtimeMeter;
  /** Present where tokens or money are limited. */
  readonly payments: SessionPayments | undefined;
  /** To be told of every event that shows that the session is in use. */
  readonly onActivity: () => void;
}

/** Reads a session's events along: translates them, keeps its client on the leash, and pays for its responses. */
export function readSession(parts: SessionParts): (link: Link) => Reader {
  return (link) => {
    const beta = parts.isBeta ? createBetaTranslation() : undefined;
    const context: Context = { ...parts, link, beta };
    const opening = parts.leash?.opening(parts.sessionType);
    const openings = new Set<string>();
    if (opening && parts.dialect) {
      // What a dialect says of it is not the client's to hear: `session.created` shows what holds.
      for (const frame of parts.dialect.encode(opening).upstream) link.toUpstream(frame);
    } else if (opening) {
      const id = newEventId();
      openings.add(id);
      sendUpstream(context, { ...opening, event_id: id });
    }
    if (parts.dialect) exchange(context, parts.dialect.opening, openings);
    return {
      fromClient: (frame) => fromClient(context, frame),
      fromUpstream: (frame) => fromUpstream(context, frame, openings),
    };
  };
}

interface Context extends SessionParts {
  readonly link: Link;
  readonly beta: BetaTranslation | undefined;
}

function fromClient(context: Context, frame: Frame): void | Promise<void> {
  const sent = typeof frame === "string" ? readEvent(frame) : undefined;
  if (!sent) {
    const message = "Every frame must be one JSON event as text, of 16 MiB at most, without a name that occurs twice.";
    tell(context, invalidEvent(message, null, "invalid_frame"));
    return context.link.end(ENDING.frame);
  }
  context.onActivity();
  const event = context.beta ? context.beta.toGA(sent) : sent;
  const verdict = context.leash?.check(event) ?? { kind: "forward" as const, event };
  if (verdict.kind === "refuse") {
    tell(context, verdict.error, sent.event_id);
    if (verdict.ending) context.link.end(verdict.ending);
    return;
  }
  const text = verdict.event === sent && typeof frame === "string" ? frame : undefined;
  return pay(context, verdict.event, text);
}

/** Sends an event on once it is paid for. */
function pay(context: Context, event: RealtimeEvent, text?: string): void | Promise<void> {
  const paid = context.payments?.beforeSending(event);
  if (!paid) return sendUpstream(context, event, text);
  return paid.then((result) => {
    if (result.ok) sendUpstream(context, result.value, result.value === event ? text : undefined);
    else endBecause(context, result.failure, event.event_id);
  });
}

function fromUpstream(context: Context, frame: Frame, openings: Set<string>): void {
  const text = typeof frame === "string" ? frame : new TextDecoder().decode(frame);
  if (context.dialect) {
    exchange(context, context.dialect.decode(text), openings);
    return;
  }
  const event = readServerEvent(text);
  if (event) serverEvent(context, event, { openings, text });
  else context.link.end(ENDING.lost);
}

function serverEvent(
  context: Context,
  event: RealtimeEvent,
  { openings, text }: { readonly openings: Set<string>; readonly text?: string },
): void {
  const { leash, meter, payments, beta, link } = context;
  if (openings.size > 0 && answersOpening(context, event, openings)) return;
  if (event.type.startsWith("response.")) context.onActivity();
  const finished = meter.received(event);
  const problem = payments?.received(event, finished);
  if (problem) {
    sendUpstream(context, { type: "response.cancel" });
    link.end(problem);
    return;
  }
  const shown = leash?.shown(event) ?? event;
  if (beta) for (const told of beta.toBeta(shown)) link.toClient(JSON.stringify(told));
  else link.toClient(shown === event && text !== undefined ? text : JSON.stringify(shown));
  if (leash?.startsResponse(event)) {
    const create = { type: "response.create", event_id: newEventId() };
    link.queue(() => pay(context, create));
  }
}

/** What was said first is no event of the client's, and neither is the answer to it the client's to see. */
function answersOpening(context: Context, event: RealtimeEvent, openings: Set<string>): boolean {
  if (event.type === "session.updated") {
    openings.clear();
    return true;
  }
  const id = event.type === "error" ? fieldsOf(event.error).event_id : undefined;
  if (typeof id !== "string" || !openings.has(id)) return false;
  // Without it, nothing of what is locked or limited would hold.
  context.link.end(ENDING.lost);
  return true;
}

function sendUpstream(context: Context, event: RealtimeEvent, text?: string): void {
  const { meter, link, dialect } = context;
  meter.sent(event);
  context.payments?.sent(event);
  if (dialect) exchange(context, dialect.encode(event), new Set());
  else link.toUpstream(text ?? JSON.stringify(event));
}

function exchange(context: Context, { upstream, client }: Exchange, openings: Set<string>): void {
  for (const frame of upstream) context.link.toUpstream(frame);
  for (const event of client) serverEvent(context, event, { openings });
}

function tell({ link }: Context, details: Parameters<typeof errorEvent>[0], eventId?: string): void {
  link.toClient(JSON.stringify(errorEvent(details, eventId)));
}

function endBecause(context: Context, failure: Failure, eventId: string | undefined): void {
  tell(context, describe(failure).details, eventId);
  context.link.end(endingOf(failure));
}

/** The one event that says why a session ends, and its end. */
export function endWith(link: Pick<Link, "toClient" | "end">, ending: Ending): void {
  link.toClient(
    JSON.stringify(
      errorEvent({ message: MESSAGES[ending.code] ?? ending.reason, type: "session_error", code: ending.reason }),
    ),
  );
  link.end(ending);
}

const MESSAGES: Readonly<Record<number, string>> = {
  4001: "The temporary credential has expired.",
  4003: "The temporary credential was revoked.",
  4008: "The time that this credential may spend in realtime sessions is over.",
  4009: "Nothing was said for as long as this credential allows.",
  1013: "The server's ledger did not answer. Try again.",
};
