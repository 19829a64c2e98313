import { createTextReader } from "../contract/bytes.ts";
import type { StreamTerminal } from "../contract/endpoints.ts";
import { encodeError } from "../contract/error-shapes.ts";
import { type ErrorDetails, TRUNCATED } from "../contract/openai-error.ts";
import { createStreamJudge } from "../contract/sse.ts";
import type { Observation } from "../wire/observe.ts";
import { parse } from "../wire/read.ts";

/** A stream that is one JSON array, as Gemini's is without `?alt=sse`, cut behind each of its elements. */
export interface ArraySplitter {
  /** Elements that are whole now, each with all that stands before it. */
  take(text: string): readonly Element[];
  /** What may end the array: its bracket if it has not come. What was begun and never ended is left out. */
  rest(): string;
  /** An error as the array's last element. */
  error(details: ErrorDetails, status: number): string;
}

interface Element {
  readonly raw: string;
  readonly json: string;
}

/** Longest element that is held, in characters. */
const MAX_ELEMENT_LENGTH = 16 * 1024 * 1024;

/** With JSON's own spaces, which are fewer than `\s`. */
const BEGINNING = /^\uFEFF?[ \t\r\n]*\[[ \t\r\n]*$/;
const SEPARATOR = /^[ \t\r\n]*,[ \t\r\n]*$/;
const END = /^[ \t\r\n]*\][ \t\r\n]*$/;

/** Follows a JSON text's structure, character by character. From where it is no array of JSON, nothing is taken any more. */
export function createArraySplitter(): ArraySplitter {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let held: string[] = [];
  let heldLength = 0;
  let isFirst = true;
  let isBroken = false;
  /** True if the character ends an element. */
  const step = (char: string): boolean => {
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (char === "\\") isEscaped = true;
      else if (char === '"') inString = false;
      return false;
    }
    if (depth === 0 && !/[\s[\uFEFF]/.test(char)) isBroken = true;
    else if (char === '"') inString = true;
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") return --depth === 1;
    return false;
  };
  const whole = (end: string): Element => {
    const raw = [...held, end].join("");
    const at = Math.max(0, raw.indexOf("{"));
    const json = raw.slice(at);
    const isSound = (isFirst ? BEGINNING : SEPARATOR).test(raw.slice(0, at)) && parse(json) !== undefined;
    held = [];
    heldLength = 0;
    if (isSound) isFirst = false;
    else isBroken = true;
    return { raw, json };
  };
  return {
    take(text) {
      const elements: Element[] = [];
      let from = 0;
      for (let at = 0; at < text.length && !isBroken; at++) {
        if (!step(text.charAt(at))) continue;
        const element = whole(text.slice(from, at + 1));
        if (!isBroken) elements.push(element);
        from = at + 1;
      }
      if (from < text.length && !isBroken) held.push(text.slice(from));
      heldLength += text.length - from;
      if (heldLength > MAX_ELEMENT_LENGTH) isBroken = true;
      if (isBroken) held = [];
      return elements;
    },
    rest() {
      const end = held.join("");
      return END.test(end) ? end : "]";
    },
    error: (details, status) => arrayError(details, { status, isFirst }),
  };
}

export interface ArrayObservation extends Observation {
  /** An error as what comes last. */
  error(details: ErrorDetails, status: number): string;
}

/** Hands such a stream on, element by element. What is missing is said in one last element. */
export function createArrayObservation(terminal: StreamTerminal): ArrayObservation {
  const judge = createStreamJudge(terminal);
  const splitter = createArraySplitter();
  const textOf = createTextReader({ keepsMark: true });
  return {
    feed(chunk) {
      let text = "";
      for (const { raw, json } of splitter.take(textOf(chunk))) {
        judge.see(undefined, json);
        text += raw;
      }
      return text;
    },
    end: () => (judge.state === "open" ? splitter.error(TRUNCATED, 502) : splitter.rest()),
    error: splitter.error,
    done: false,
    get isComplete() {
      return judge.state === "complete";
    },
    isOver: () => judge.state !== "open",
  };
}

/** An error as the last element of an array, of which only whole elements have been said. */
export function arrayError(
  details: ErrorDetails,
  { status, isFirst }: { readonly status: number; readonly isFirst: boolean },
): string {
  return `${isFirst ? "[" : ",\r\n"}${JSON.stringify(encodeError(status, details, "google"))}]`;
}
