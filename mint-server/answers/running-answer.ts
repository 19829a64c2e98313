import type { ErrorDetails } from "../contract/openai-error.ts";
import type { Remaining } from "../credentials/ledger.ts";
import type { Failure } from "../failures.ts";
import { createBell } from "./bell.ts";
import { createByteLog } from "./byte-log.ts";
import {
  type AnswerHead,
  createFollower,
  type Ending,
  type Followed,
  type Follower,
  type FollowerMark,
} from "./follower.ts";

/** How a call began: with an answer, or with none. */
export type Outcome =
  | { readonly kind: "begun"; readonly head: AnswerHead; readonly remaining?: Remaining }
  /** It failed for all who wait for it. */
  | { readonly kind: "failed"; readonly head: AnswerHead; readonly body: string; readonly error?: ErrorDetails }
  /** Its leader may not have it; another caller may. */
  | { readonly kind: "refused"; readonly failure: Failure };

/** One provider's answer while it comes and as long as it is kept, for any number of followers. */
export interface RunningAnswer {
  readonly outcome: Promise<Outcome>;
  readonly head: AnswerHead | undefined;
  /** Aborts when nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Undefined while it runs. */
  readonly ending: Ending | undefined;
  readonly sizeBytes: number;
  readonly followers: ReadonlySet<Follower>;
  /** Whether those may have it who did not ask for this call: all of it is kept, and it did not fail. */
  readonly isJoinable: boolean;
  /** Follows from a position on; undefined where that is dropped already. */
  follow(position: number, mark: FollowerMark): Follower | undefined;
  /** Nobody wants it: the provider is closed, and nothing more comes. */
  close(): void;
  begin(outcome: Outcome): void;
  append(bytes: Uint8Array): void;
  /** Waits until so little is kept that more may come; undefined where it may at once. */
  room(): Promise<void> | undefined;
  finish(ending: Ending): void;
  /** All of the body, if all of it is kept. */
  whole(): Uint8Array<ArrayBuffer> | undefined;
}

export interface RunningAnswerParts {
  /** Whether there is room for more, for an answer that takes so many bytes. */
  hasRoom(sizeBytes: number): boolean;
  /** It came to its end, or its followers began to be some or none. */
  onChange(): void;
}

export function createRunningAnswer({ hasRoom, onChange }: RunningAnswerParts): RunningAnswer {
  const log = createByteLog();
  const followers = new Set<Follower>();
  const closing = new AbortController();
  const outcome = Promise.withResolvers<Outcome>();
  const freed = createBell();
  let head: AnswerHead | undefined;
  let ending: Ending | undefined;
  const followed: Followed = {
    log,
    news: createBell(),
    get head() {
      return head;
    },
    get ending() {
      return ending;
    },
    onTaken: freed.ring,
    onGone(follower) {
      followers.delete(follower);
      freed.ring();
      if (followers.size === 0) onChange();
    },
  };
  /** Drops what all followers have read, as often as one of them reads, until there is room. */
  const awaitRoom = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      if (followers.size > 0) log.drop(Math.min(...[...followers].map(({ position }) => position)));
      if (hasRoom(log.sizeBytes)) return;
      await freed.next();
    }
  };
  return {
    outcome: outcome.promise,
    signal: closing.signal,
    followers,
    get head() {
      return head;
    },
    get ending() {
      return ending;
    },
    get sizeBytes() {
      return log.sizeBytes;
    },
    get isJoinable() {
      return log.start === 0 && (ending === undefined || ending === "whole");
    },
    follow(from, mark) {
      if (from < log.start) return undefined;
      const follower = createFollower(followed, from, mark);
      followers.add(follower);
      if (followers.size === 1) onChange();
      return follower;
    },
    close() {
      closing.abort();
      freed.ring();
    },
    begin(began) {
      if (began.kind === "begun") head = began.head;
      outcome.resolve(began);
    },
    append(bytes) {
      log.append(bytes);
      followed.news.ring();
    },
    room: () => (hasRoom(log.sizeBytes) ? undefined : awaitRoom()),
    finish(how) {
      ending ??= how;
      followed.news.ring();
      onChange();
    },
    whole: () => (log.start === 0 && ending === "whole" ? log.whole() : undefined),
  };
}
