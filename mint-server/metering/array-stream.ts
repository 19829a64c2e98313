import { encodeError } from "../contract/error-shapes.ts";
import type { ErrorDetails } from "../contract/openai-error.ts";

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

/** Follows a JSON text's structure, character by character. */
export function createArraySplitter(): ArraySplitter {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let held: string[] = [];
  let isFirst = true;
  /** True if the character ends an element. */
  const step = (char: string): boolean => {
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (char === "\\") isEscaped = true;
      else if (char === '"') inString = false;
      return false;
    }
    if (char === '"') inString = true;
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") return --depth === 1;
    return false;
  };
  const whole = (end: string): Element => {
    const raw = [...held, end].join("");
    held = [];
    isFirst = false;
    return { raw, json: raw.replace(/^[^{]*/, "") };
  };
  return {
    take(text) {
      const elements: Element[] = [];
      let from = 0;
      for (let at = 0; at < text.length; at++) {
        if (!step(text.charAt(at))) continue;
        elements.push(whole(text.slice(from, at + 1)));
        from = at + 1;
      }
      if (from < text.length) held.push(text.slice(from));
      return elements;
    },
    rest: () => (depth === 0 ? held.join("") : "]"),
    error: (details, status) => `${isFirst ? "[" : ",\r\n"}${JSON.stringify(encodeError(status, details, "google"))}]`,
  };
}
