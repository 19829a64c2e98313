import { utf8 } from "../contract/bytes.ts";
import type { Usage } from "../wire/chat-answer.ts";
import { isSound } from "./sound-usage.ts";

/** What a request did use, as far as it is known. */
export interface Settled extends Usage {
  /** Whether the answer came to its end. */
  readonly complete: boolean;
}

export interface MeterOptions {
  /** What was set aside for the request. */
  readonly hold: { readonly inputTokens: number; readonly outputTokens: number };
  /** Whether the model may think what no one sees, and what is charged all the same; see `mayThinkUnseen`. */
  readonly thinksUnseen: boolean;
  /** Called once, however the answer ends. */
  readonly onSettle: (settled: Settled) => void;
}

/** Counts one answer while it comes. */
export interface Meter {
  /** What the provider tells; the last word stands. */
  tell(usage: Usage): void;
  /** The model wrote these strings, wherever in the value they stand. */
  hear(said: unknown): void;
  /** It is over; the first time counts. */
  settle(complete: boolean): void;
  /** Whether the provider has told a usage. */
  readonly isTold: boolean;
}

/**
 * Settles on what the provider told at the end of the answer. Of one that was cut, and of one that tells nothing, on an
 * upper bound: a token for each byte that was seen, and all that was set aside if there may be more than was seen.
 */
export function createMeter({ hold, thinksUnseen, onSettle }: MeterOptions): Meter {
  let told: Usage | undefined;
  let heardBytes = 0;
  let isSettled = false;
  const bound = (): Usage => {
    const seen = thinksUnseen ? hold.outputTokens : Math.min(hold.outputTokens, heardBytes);
    const { inputTokens = hold.inputTokens, outputTokens = 0, ...rest } = told ?? {};
    return { ...rest, inputTokens, outputTokens: Math.max(outputTokens, seen) };
  };
  return {
    tell(usage) {
      if (isSound(usage)) told = usage;
    },
    hear(said) {
      if (!isSettled) heardBytes += bytesIn(said);
    },
    settle(complete) {
      if (isSettled) return;
      isSettled = true;
      onSettle({ ...(complete && told ? told : bound()), complete });
    },
    get isTold() {
      return told !== undefined;
    },
  };
}

/** UTF-8 bytes of all strings, numbers and names in a value. */
function bytesIn(value: unknown): number {
  if (typeof value === "string") return utf8(value).length;
  if (typeof value !== "object" || value === null) return value === undefined ? 0 : String(value).length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + bytesIn(item), 0);
  return Object.entries(value).reduce((sum, [name, member]) => sum + name.length + bytesIn(member), 0);
}
