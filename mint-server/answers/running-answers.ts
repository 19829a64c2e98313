import type { Failure } from "../failures.ts";
import { createCancelledMarks } from "./cancelled-marks.ts";
import type { FollowerCredential, FollowerMark } from "./follower.ts";
import { createRoom } from "./room.ts";
import { createRunningAnswer, type RunningAnswer } from "./running-answer.ts";

/** What tells which answer a request is for. */
export interface Wanted {
  /** The `Idempotency-Key` with whose it is, and what was asked under it. */
  readonly mark: Marked | undefined;
  /** The same for requests that may have one answer between them; absent where none is shared. */
  readonly share: string | undefined;
  /** Oldest answer of another's call that will do, in milliseconds; 0: none. */
  readonly maxAgeMs: number;
  /** How long it goes on, and is kept, without a follower. */
  readonly holdMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Marked {
  readonly key: string;
  /** The same only for the same request. */
  readonly fingerprint: string;
}

export type Found =
  | { readonly kind: "answer"; readonly answer: RunningAnswer; readonly isOwn: boolean }
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly failure: Failure };

/** All answers of an object that are running or kept. */
export interface RunningAnswers {
  find(wanted: Wanted): Found;
  /** A new one under both names. `leader` is whose limits it counts on. */
  start(wanted: Wanted, leader: FollowerCredential | undefined): RunningAnswer;
  /** Only who asked for it finds it from now on. */
  unshare(answer: RunningAnswer): void;
  /** Nobody finds it any more. Those who follow it go on. */
  forget(answer: RunningAnswer): void;
  /** Keeps a finished one for at least so long, for those who looked for it elsewhere before it was there. */
  linger(answer: RunningAnswer, ms: number): void;
  /** Ends an answer for those who follow it under a mark, and altogether where they are the last. True if there was one. */
  cancel(markKey: string, now: number): boolean;
  /** Ends all that `isRevoked` says of, each follower's own part, and what only a revoked leader has asked for. */
  revoke(isRevoked: (credential: FollowerCredential) => boolean): void;
  /** The credentials on which answers depend. */
  credentials(): readonly FollowerCredential[];
}

interface Kept {
  readonly answer: RunningAnswer;
  readonly startedAt: number;
  readonly leader: FollowerCredential | undefined;
  readonly marks: Set<string>;
  readonly share: string | undefined;
  holdMs: number;
  lingerMs: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createRunningAnswers(): RunningAnswers {
  const all = new Map<RunningAnswer, Kept>();
  const marks = new Map<string, { readonly fingerprint: string; readonly kept: Kept }>();
  const shares = new Map<string, Kept>();
  const cancelled = createCancelledMarks();
  const room = createRoom<Kept>((isFull) => {
    for (const kept of all.values()) {
      if (!isFull()) return;
      if (kept.answer.ending && kept.answer.followers.size === 0) forget(kept);
    }
  });

  const unshare = (kept: Kept): void => {
    if (kept.share !== undefined && shares.get(kept.share) === kept) shares.delete(kept.share);
  };
  const forget = (kept: Kept): void => {
    if (!all.delete(kept.answer)) return;
    clearTimeout(kept.timer);
    room.free(kept);
    for (const mark of kept.marks) if (marks.get(mark)?.kept === kept) marks.delete(mark);
    unshare(kept);
  };
  const end = (kept: Kept): void => {
    forget(kept);
    kept.answer.close();
  };
  /** Starts its last minute where nobody follows it, and stops that where somebody does. */
  const schedule = (kept: Kept): void => {
    clearTimeout(kept.timer);
    if (!all.has(kept.answer) || kept.answer.followers.size > 0) return;
    const ms = kept.answer.ending ? Math.max(kept.holdMs, kept.lingerMs) : kept.holdMs;
    if (ms === 0) end(kept);
    else kept.timer = setTimeout(() => end(kept), ms);
  };
  const addMark = (kept: Kept, { key, fingerprint }: Marked): void => {
    kept.marks.add(key);
    marks.set(key, { fingerprint, kept });
  };
  const byMark = ({ key, fingerprint }: Marked, { holdMs, now }: Wanted): Found | undefined => {
    const known = marks.get(key);
    if (known && known.fingerprint !== fingerprint)
      return { kind: "refused", failure: { kind: "idempotency_key_reused" } };
    if (known) {
      known.kept.holdMs = Math.max(known.kept.holdMs, holdMs);
      return { kind: "answer", answer: known.kept.answer, isOwn: true };
    }
    return cancelled.has(key, now) ? { kind: "refused", failure: { kind: "answer_cancelled" } } : undefined;
  };
  const stop = (kept: Kept, failure: Failure, concerns: (follower: FollowerMark) => boolean): void => {
    for (const follower of [...kept.answer.followers]) {
      if (concerns(follower)) follower.stop(failure);
    }
  };

  return {
    find(wanted) {
      const { mark, share, maxAgeMs, holdMs, now } = wanted;
      const own = mark && byMark(mark, wanted);
      if (own) return own;
      const kept = share === undefined ? undefined : shares.get(share);
      if (!kept?.answer.isJoinable || now - kept.startedAt >= maxAgeMs) return { kind: "none" };
      if (mark) addMark(kept, mark);
      kept.holdMs = Math.max(kept.holdMs, holdMs);
      return { kind: "answer", answer: kept.answer, isOwn: false };
    },
    start({ mark, share, holdMs, now }, leader) {
      const answer = createRunningAnswer({
        hasRoom: (size) => !all.has(answer) || room.has(kept, size),
        onChange: () => schedule(kept),
      });
      const kept: Kept = {
        answer,
        startedAt: now,
        leader,
        marks: new Set(),
        share,
        holdMs,
        lingerMs: 0,
        timer: undefined,
      };
      all.set(answer, kept);
      if (mark) addMark(kept, mark);
      if (share !== undefined) shares.set(share, kept);
      return answer;
    },
    unshare(answer) {
      const kept = all.get(answer);
      if (kept) unshare(kept);
    },
    forget(answer) {
      const kept = all.get(answer);
      if (kept) forget(kept);
    },
    linger(answer, ms) {
      const kept = all.get(answer);
      if (!kept) return;
      kept.lingerMs = ms;
      schedule(kept);
    },
    cancel(key, now) {
      cancelled.add(key, now);
      const kept = marks.get(key)?.kept;
      if (!kept) return false;
      const wasRunning = !kept.answer.ending;
      marks.delete(key);
      kept.marks.delete(key);
      stop(kept, { kind: "answer_cancelled" }, (follower) => follower.mark === key);
      if (kept.answer.followers.size === 0 && kept.marks.size === 0) end(kept);
      return wasRunning;
    },
    revoke(isRevoked) {
      for (const kept of [...all.values()]) {
        stop(
          kept,
          { kind: "credential_revoked" },
          ({ credential }) => credential !== undefined && isRevoked(credential),
        );
        const isLeaderless = kept.leader !== undefined && isRevoked(kept.leader);
        if (isLeaderless && kept.answer.followers.size === 0) end(kept);
      }
    },
    credentials: () =>
      [...all.values()].flatMap(({ leader, answer }) => [
        ...(leader ? [leader] : []),
        ...[...answer.followers].flatMap(({ credential }) => credential ?? []),
      ]),
  };
}
