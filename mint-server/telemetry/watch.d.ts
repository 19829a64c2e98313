import type { Answer, AskedAnswer } from "../answer.ts";
import type { Caller } from "../credentials/verify.ts";
import { type CallNotes } from "./call-notes.ts";
import type { RequestRecord } from "./record.ts";
/** Follows one request to its answer's last byte. None of its methods throws, or is waited for. */
export interface Watch {
  readonly notes: CallNotes;
  /** Who asks, once that is known. */
  caller(caller: Caller): void;
  /** A stream that is still to be carried, read along as it is made: a second reading would cost a second hop. */
  passing(answer: AskedAnswer): AskedAnswer;
  /** The answer as it goes out, read along. */
  answered(answer: Answer): Answer;
  /** Nobody foresaw it. */
  failed(): void;
}
export interface Watched {
  readonly request: Request;
  /** The route's pattern. */
  readonly route: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
export interface WatchParts {
  readonly clock: () => number;
  /** Takes the record of a request that is over. */
  readonly emit: (record: RequestRecord) => Promise<void>;
  /** Keeps the request's context alive until its record is out. */
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined;
}
export declare function watchRequest({ request, route, now }: Watched, { clock, emit, waitUntil }: WatchParts): Watch;
