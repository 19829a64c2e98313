import { type Answer, type AskedAnswer } from "../answer.ts";
import type { Reader, WayOut } from "./reader.ts";

type End = (way: WayOut) => void;
/** A stream that is made here, read along while it is made. Any other answer is left to {@link readOut}. */
export declare function readPassage(answer: AskedAnswer, reading: () => Reader, end: End): AskedAnswer;
/** An answer read along as it goes out. */
export declare function readOut(answer: Answer, reader: Reader, end: End): Answer;
