import type { Failure, TimeoutPhase } from "../failures.ts";
import type { Timing } from "./timing.ts";

/** How long a provider may take. */
export interface Timeouts {
  /** From the request to the head of the answer. */
  readonly firstByteSeconds: number;
  /** From one byte to the next, the head being the first; whatever the provider sends to show that it lives counts. */
  readonly idleSeconds: number;
  /** From the request to the end of the answer. */
  readonly totalSeconds: number;
}

const DEFAULT_TIMEOUTS: Timeouts = { firstByteSeconds: 600, idleSeconds: 120, totalSeconds: 3600 };

export type TimedOut = Extract<Failure, { kind: "upstream_timeout" }>;

/** The times of one attempt, from its beginning. */
export interface Deadlines {
  /** Set once one has passed. */
  readonly passed: TimedOut | undefined;
  /**
   * True if the operator said how long an answer may be idle or take, or its bytes are read in JavaScript anyway. Otherwise
   * what would pass natively is not watched.
   */
  readonly isStrict: boolean;
  /** What is waited for; `undefined` if the head does not come in time. */
  head<Awaited>(answer: Promise<Awaited>): Promise<Awaited | undefined>;
  /** Watches an answer that has begun, until it is over. */
  watch(onPassed: (failure: TimedOut) => void, watched?: { readonly idle: boolean }): Watch;
  /**
   * Reads an answer to its end.
   *
   * @throws {Error} if a deadline passes, which {@link passed} then holds, the connection breaks, or it is too long.
   */
  text(answer: Pick<Response, "headers" | "body" | "text">): Promise<string>;
}

export interface Watch {
  /** Bytes have come. */
  touch(): void;
  over(): void;
}

export interface DeadlineOptions {
  readonly timing: Timing;
  /** Replaces the time for the first byte where it is shorter. */
  readonly mostFirstByteSeconds?: number | undefined;
  /** Whether whoever takes the answer reads all of it in JavaScript. */
  readonly isRead?: boolean | undefined;
  /** An answer that had begun well is too slow. */
  readonly onStall?: (() => void) | undefined;
}

export function startDeadlines(given: Partial<Timeouts> = {}, options: DeadlineOptions): Deadlines {
  const { timing, mostFirstByteSeconds = Number.POSITIVE_INFINITY, isRead = false, onStall } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...given };
  const startedAt = timing.now();
  let passed: TimedOut | undefined;
  const pass = (phase: TimeoutPhase, seconds: number): TimedOut => {
    passed ??= { kind: "upstream_timeout", phase, seconds };
    return passed;
  };
  const deadlines: Deadlines = {
    get passed() {
      return passed;
    },
    isStrict: isRead || given.idleSeconds !== undefined || given.totalSeconds !== undefined,
    async head(answer) {
      const firstByteSeconds = Math.min(timeouts.firstByteSeconds, mostFirstByteSeconds);
      const [seconds, phase] =
        timeouts.totalSeconds < firstByteSeconds
          ? ([timeouts.totalSeconds, "total"] as const)
          : ([firstByteSeconds, "first byte"] as const);
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const cancel = timing.after(seconds * 1000, () => {
        pass(phase, seconds);
        resolve(undefined);
      });
      try {
        return await Promise.race([answer, promise]);
      } finally {
        cancel();
      }
    },
    watch(onPassed, { idle } = { idle: true }) {
      const endsAt = startedAt + timeouts.totalSeconds * 1000;
      const idleMs = idle ? timeouts.idleSeconds * 1000 : Number.POSITIVE_INFINITY;
      return watchUntil({ timing, endsAt, idleMs }, (phase) => {
        onPassed(pass(phase, phase === "idle" ? timeouts.idleSeconds : timeouts.totalSeconds));
        if (phase === "idle") onStall?.();
      });
    },
    text: (answer) => (isShort(answer.headers) ? readShort(answer, deadlines) : readText(answer.body, deadlines)),
  };
  return deadlines;
}

interface Watching {
  readonly timing: Timing;
  readonly endsAt: number;
  readonly idleMs: number;
}

/** One timer at a time, set anew when it fires: bytes come far more often than it. */
function watchUntil({ timing, endsAt, idleMs }: Watching, onPassed: (phase: "idle" | "total") => void): Watch {
  let touchedAt = timing.now();
  let cancel = (): void => {};
  const look = (): void => {
    const now = timing.now();
    if (now >= endsAt) onPassed("total");
    else if (now >= touchedAt + idleMs) onPassed("idle");
    else cancel = timing.after(Math.max(1, Math.min(endsAt, touchedAt + idleMs) - now), look);
  };
  look();
  return {
    touch() {
      touchedAt = timing.now();
    },
    over: () => cancel(),
  };
}

/** Most bytes of an answer of which nothing shows before its end. */
const MAX_SHORT_BYTES = 64 * 1024;

/**
 * Whether an answer says itself that it is short. Such a one is read by the platform at once, since a reader in JavaScript
 * costs an eighth of a whole request; and whoever waits with blank lines for a model to think knows no length.
 */
export function isShort(headers: Headers): boolean {
  const bytes = headers.get("content-length");
  return bytes !== null && Number(bytes) <= MAX_SHORT_BYTES && !headers.has("content-encoding");
}

/** Given up, its connection ends with the request. */
async function readShort(answer: Pick<Response, "text">, deadlines: Deadlines): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const watch = deadlines.watch(() => reject(new Error("too slow")));
  try {
    return await Promise.race([answer.text(), late]);
  } finally {
    watch.over();
  }
}

/** Longest answer that is read whole, in characters: several times the largest image that a provider sends as text. */
const MAX_TEXT_LENGTH = 64 * 1024 * 1024;

async function readText(body: ReadableStream<Uint8Array> | null, deadlines: Deadlines): Promise<string> {
  const reader = body?.getReader();
  if (!reader) return "";
  const watch = deadlines.watch((failure) => void reader.cancel(failure.phase).catch(() => {}));
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      watch.touch();
      text += decoder.decode(step.value, { stream: true });
      if (text.length > MAX_TEXT_LENGTH) {
        void reader.cancel("too long").catch(() => {});
        throw new Error("too long");
      }
    }
  } finally {
    watch.over();
  }
  if (deadlines.passed) throw new Error("too slow");
  return text + decoder.decode();
}
