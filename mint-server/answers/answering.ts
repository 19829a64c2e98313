import { concat } from "../contract/fields.ts";
import { HEADER } from "../contract/headers.ts";
import type { Remaining } from "../credentials/ledger.ts";
import { isLimited } from "../credentials/verify.ts";
import { failureAnswer } from "../failure-answers.ts";
import { type Failure, ok, type Result } from "../failures.ts";
import { withRemaining } from "../metering/headers.ts";
import type { CallNotes } from "../telemetry/call-notes.ts";
import { lazy } from "../wire/lazy.ts";
import type { AnsweringServices, AnswersHost, JoinedAnswer } from "./answers.ts";
import { type Asked, readOrder } from "./asked.ts";
import type { AnswerHead, Follower } from "./follower.ts";
import { followerStream } from "./follower-stream.ts";
import { lead } from "./lead.ts";
import type { RunningAnswer } from "./running-answer.ts";
import { createRunningAnswers, type RunningAnswers } from "./running-answers.ts";
import { watchRevocations } from "./watch-revocations.ts";

export interface AnsweringParts {
  readonly services: AnsweringServices;
  /** Keeps whoever has the answers alive until a promise settles, where the platform would not. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
}

/** A caller's connection, from the moment when its call comes in. */
interface Connection {
  follower?: Follower;
  isLeft: boolean;
  /** As long as it is open, its caller can leave. */
  open(): void;
  close(): void;
}

/** Whoever has answers: starts them, and lets their callers follow. */
export function createAnswering(parts: AnsweringParts): AnswersHost {
  const { services } = parts;
  const answers = createRunningAnswers();
  const connections = new Map<string, Connection>();
  const watch = watchRevocations(answers, services.ledgerOf);
  const accounts = new Map<string, CallNotes>();
  return {
    async join(order) {
      const connection: Connection = {
        isLeft: false,
        open: () => connections.set(order.ticket, connection),
        close: () => connections.delete(order.ticket),
      };
      connection.open();
      const asked = await readOrder(order, services);
      const takeNotes = (headers: Headers) => {
        const notes = services.telemetry?.notesFor(headers);
        if (notes) remember(accounts, order.ticket, notes);
        return notes;
      };
      if (asked.ok) {
        const joined = await attend(connection, { ...parts, asked: asked.value, answers, watch, takeNotes });
        const { caller, request } = asked.value;
        return { ...joined, health: services.health.rowsOf(caller.org?.name, request.model) };
      }
      connection.close();
      return failureAnswer(asked.failure);
    },
    async leave(ticket) {
      const connection = connections.get(ticket);
      connections.delete(ticket);
      if (!connection) return;
      connection.isLeft = true;
      connection.follower?.leave();
    },
    cancel: async (markKey, now) => answers.cancel(markKey, now),
    async account(ticket) {
      const notes = accounts.get(ticket);
      accounts.delete(ticket);
      return notes?.account();
    },
  };
}

/** Most calls whose account nobody has asked for. */
const MAX_ACCOUNTS = 1024;

function remember(accounts: Map<string, CallNotes>, ticket: string, notes: CallNotes): void {
  accounts.set(ticket, notes);
  const [oldest] = accounts.keys();
  if (accounts.size > MAX_ACCOUNTS && oldest !== undefined) accounts.delete(oldest);
}

interface Attending extends AnsweringParts {
  readonly asked: Asked;
  readonly answers: RunningAnswers;
  /** Looks out for revocations from now on. */
  readonly watch: () => void;
  /** Of the call that is led, where somebody watches. */
  readonly takeNotes: (headers: Headers) => CallNotes | undefined;
}

/** Follows the answer that is there, or begins it; again if another's call is refused for a reason that is only theirs. */
async function attend(connection: Connection, attending: Attending): Promise<JoinedAnswer> {
  const { asked, answers, services, waitUntil, watch, takeNotes } = attending;
  for (;;) {
    if (connection.isLeft) return failureAnswer({ kind: "caller_left" });
    const found = answers.find(asked.wanted);
    const leads = found.kind === "none";
    if (found.kind === "refused" || (leads && asked.position > 0)) {
      connection.close();
      return failureAnswer(leads ? { kind: "answer_gone" } : found.failure);
    }
    const answer = leads ? answers.start(asked.wanted, asked.connection.credential) : found.answer;
    const follower = answer.follow(asked.position, { ...asked.connection, onLeave: connection.close });
    if (!follower) {
      connection.close();
      return failureAnswer({ kind: "answer_gone" });
    }
    connection.open();
    connection.follower = follower;
    watch();
    if (leads) {
      const led = lead(answer, { asked, answers, services, notes: takeNotes(asked.headers) });
      waitUntil?.(led);
    }
    const outcome = await Promise.race([answer.outcome, follower.stopped.then(asStopped)]);
    if (outcome.kind === "begun") {
      const admitted = leads ? ok(outcome.remaining) : await admit(attending);
      if (admitted.ok) {
        const isShared = !leads && !found.isOwn;
        return joined({ head: outcome.head, answer, follower, asked, isShared, remaining: admitted.value });
      }
      follower.leave();
      return failureAnswer(admitted.failure);
    }
    follower.leave();
    if (outcome.kind === "stopped") return failureAnswer(outcome.failure);
    if (outcome.kind === "failed") {
      const { head, body, error } = outcome;
      return { status: head.status, headers: { ...head.headers }, body, ...(error && { error }) };
    }
    if (leads) return failureAnswer(outcome.failure);
  }
}

const asStopped = (failure: Failure) => ({ kind: "stopped", failure }) as const;

const reservations = lazy(() => import("../metering/light-reservation.ts"));

/** What it costs to have an answer that another call has paid for. */
async function admit({ asked, services }: Attending): Promise<Result<Remaining | undefined>> {
  const { caller } = asked;
  if (!isLimited(caller)) return ok(undefined);
  const { reserveLight } = await reservations();
  return reserveLight(services.ledgerOf(caller.ledger), caller, asked.now);
}

interface Joined {
  readonly head: AnswerHead;
  readonly answer: RunningAnswer;
  readonly follower: Follower;
  readonly asked: Asked;
  /** Whether it is another's call. */
  readonly isShared: boolean;
  readonly remaining: Remaining | undefined;
}

async function joined({ head, answer, follower, asked, isShared, remaining }: Joined): Promise<JoinedAnswer> {
  const headers = {
    ...withRemaining(head.headers, remaining),
    ...(asked.slot && { [HEADER.cached]: isShared ? "HIT" : "MISS" }),
    // Whoever reads it knows that the answer can be had again, from any byte on.
    ...(asked.wanted.mark && { [HEADER.position]: String(asked.position) }),
  };
  if (!asked.request.stream) await untilWorthSending(answer, follower);
  const isShort = answer.ending && answer.ending !== "broken" && answer.sizeBytes <= MAX_MESSAGE_BYTES;
  return { status: head.status, headers, body: isShort ? all(follower) : followerStream(follower) };
}

/** A body that is no longer goes back in one message, which costs less than a stream. */
const MAX_MESSAGE_BYTES = 256 * 1024;
const WORTH_SENDING_BYTES = 16 * 1024;

/** Nobody can use the beginning of a whole answer. */
async function untilWorthSending(answer: RunningAnswer, follower: Follower): Promise<void> {
  const type = answer.head?.headers["content-type"] ?? "";
  if (!type.startsWith("application/json")) return;
  while (!answer.ending && !follower.isGone && answer.sizeBytes < WORTH_SENDING_BYTES) await follower.changed();
}

/** All that a follower of a finished answer has to get. A copy: a view would cross with the whole buffer behind it. */
function all(follower: Follower): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (let bytes = follower.take(); bytes; bytes = follower.take()) parts.push(bytes);
  follower.leave();
  return concat(parts);
}
