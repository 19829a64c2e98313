import { utf8 } from "../contract/bytes.ts";
import { type ErrorSchema, errorEvent } from "../contract/error-shapes.ts";
import type { UsedCredential } from "../credentials/verify.ts";
import { describe } from "../failure-answers.ts";
import type { Failure } from "../failures.ts";
import { arrayError } from "../metering/array-stream.ts";
import type { Bell } from "./bell.ts";
import type { ByteLog } from "./byte-log.ts";

/** What comes before an answer's body. Header names are lower case. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whose connection it is, as its revocation and its cancelling know it. */
export interface FollowerMark {
  /** The `Idempotency-Key`, with whose it is. */
  readonly mark: string | undefined;
  readonly credential: FollowerCredential | undefined;
  /** The schema in which it reads errors. */
  readonly errors: ErrorSchema;
  /** Whether it reads a stream as one JSON array. */
  readonly isArray: boolean;
  readonly onLeave?: () => void;
}

export interface FollowerCredential extends Pick<UsedCredential, "jti" | "issuedAt"> {
  readonly subject: string;
  readonly ledger: string;
}

/** One caller's way through an answer. */
export interface Follower extends FollowerMark {
  /** What there is beyond what was taken, in one piece; undefined where there is nothing now. */
  take(): Uint8Array<ArrayBuffer> | undefined;
  /** Whether there is something to take. */
  readonly isBehind: boolean;
  /** Whether nothing comes beyond what there is to take. */
  readonly isOver: boolean;
  /** How far it has come. */
  readonly position: number;
  /** What becomes of it once nothing is left to take; undefined where more may come. */
  readonly ending: Ending | undefined;
  /** Whether it was left: nothing more is wanted. */
  readonly isGone: boolean;
  /** Resolves at the next change. */
  changed(): Promise<void>;
  /** Calls at each change, until it is left. */
  onChange(listener: () => void): void;
  /** Resolves if it is stopped. */
  readonly stopped: Promise<Failure>;
  /** Ends it: a stream with one typed error more, a whole answer in the middle. */
  stop(failure: Failure): void;
  /** It is over, or the caller has left. */
  leave(): void;
}

/**
 * `whole`: all was said, or the last word was. `failed`: the last word says that something is missing. `broken`: there is no
 * way to say so.
 */
export type Ending = "whole" | "failed" | "broken";

/** The answer as its followers know it. */
export interface Followed {
  readonly log: Pick<ByteLog, "read" | "end">;
  /** Rung when there is more, or an end. */
  readonly news: Bell;
  readonly head: AnswerHead | undefined;
  readonly ending: Ending | undefined;
  /** What the follower has not taken has become less. */
  onTaken(): void;
  onGone(follower: Follower): void;
}

export function createFollower(followed: Followed, from: number, mark: FollowerMark): Follower {
  const { log, news } = followed;
  const stopped = Promise.withResolvers<Failure>();
  let position = from;
  let isGone = false;
  let ended: { readonly ending: Ending; lastWord: Uint8Array<ArrayBuffer> | undefined } | undefined;
  const follower: Follower = {
    ...mark,
    stopped: stopped.promise,
    get position() {
      return position;
    },
    get isBehind() {
      return ended ? ended.lastWord !== undefined : position < log.end;
    },
    get isOver() {
      return ended !== undefined || followed.ending !== undefined;
    },
    get isGone() {
      return isGone && !ended;
    },
    get ending() {
      if (ended) return ended.ending;
      return position >= log.end ? followed.ending : undefined;
    },
    take() {
      if (ended) return takeLast(ended);
      const bytes = log.read(position);
      if (!bytes) return undefined;
      position += bytes.length;
      followed.onTaken();
      return bytes;
    },
    changed: news.next,
    onChange(listener) {
      const end = news.listen(() => {
        if (isGone) end();
        listener();
      });
    },
    stop(failure) {
      if (isGone) return;
      const { head } = followed;
      const lastWord = head && lastWordTo(mark, head, { failure, position });
      ended = { ending: lastWord ? "whole" : "broken", lastWord };
      stopped.resolve(failure);
      follower.leave();
    },
    leave() {
      if (isGone) return;
      isGone = true;
      mark.onLeave?.();
      followed.onGone(follower);
      news.ring();
    },
  };
  return follower;
}

function takeLast(ended: { lastWord: Uint8Array<ArrayBuffer> | undefined }): Uint8Array<ArrayBuffer> | undefined {
  const { lastWord } = ended;
  ended.lastWord = undefined;
  return lastWord;
}

interface Stopping {
  readonly failure: Failure;
  /** How far the follower has come. */
  readonly position: number;
}

function lastWordTo(
  { errors, isArray }: FollowerMark,
  head: AnswerHead,
  { failure, position }: Stopping,
): Uint8Array<ArrayBuffer> | undefined {
  const { details, status } = describe(failure);
  if (isEventStream(head)) return utf8(errorEvent(details, errors, status));
  return isArray ? utf8(arrayError(details, { status, isFirst: position === 0 })) : undefined;
}

export function isEventStream({ headers }: AnswerHead): boolean {
  return headers["content-type"]?.startsWith("text/event-stream") ?? false;
}
