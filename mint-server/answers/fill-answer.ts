import { type AskedAnswer, isPassage } from "../answer.ts";
import { utf8 } from "../contract/bytes.ts";
import type { StreamTerminal } from "../contract/endpoints.ts";
import type { ErrorSchema } from "../contract/error-shapes.ts";
import { createStreamProbe } from "../contract/sse.ts";
import { type Passage, pumpPassage } from "../wire/pump.ts";
import type { Ending } from "./follower.ts";
import type { RunningAnswer } from "./running-answer.ts";
import { createArrayWitness, createTranslator, createWitness, type Speaker } from "./speaker.ts";

export interface FillOptions {
  readonly isEventStream: boolean;
  /** Whether it is a stream that is one JSON array. */
  readonly isArray: boolean;
  /** What ends the stream, where it is one. */
  readonly terminal: StreamTerminal;
  /** The schema in which its callers read errors. */
  readonly errors: ErrorSchema;
}

/**
 * Reads a body to its end into an answer. What a provider breaks off inside an event stream ends in one typed error event.
 *
 * @returns whether all of it came: of an event stream, whether its terminal marker was seen.
 */
export async function fillAnswer(
  answer: RunningAnswer,
  body: AskedAnswer["body"],
  options: FillOptions,
): Promise<boolean> {
  if (typeof body === "string" || body === null) return fillAtOnce(answer, body ?? "", options);
  if (isPassage(body)) return fillByTranslation(answer, body);
  const { isEventStream, isArray, terminal, errors } = options;
  const upstream = body as ReadableStream<Uint8Array>;
  if (isEventStream) return fillHere(answer, { upstream }, createWitness(answer.append, terminal, errors));
  return isArray
    ? fillHere(answer, { upstream }, createArrayWitness(answer.append, terminal))
    : fillAsItIs(answer, upstream);
}

function fillAtOnce(answer: RunningAnswer, text: string, { isEventStream, terminal }: FillOptions): boolean {
  const bytes = utf8(text);
  const probe = createStreamProbe(terminal);
  if (isEventStream) probe.feed(bytes);
  const isComplete = !isEventStream || probe.state === "complete";
  answer.append(bytes);
  answer.finish(isComplete ? "whole" : "failed");
  return isComplete;
}

async function fillByTranslation(answer: RunningAnswer, passage: Passage): Promise<boolean> {
  const speaker = createTranslator(answer.append, passage.translation);
  if (typeof HTMLRewriter === "function") return fillNatively(answer, passage, speaker);
  try {
    return await fillHere(answer, passage, speaker);
  } finally {
    passage.translation.closed?.();
  }
}

/**
 * By workerd's own reading, which calls in once a chunk: a loop of promises would cost twice as much. The provider's bytes go
 * into the answer, and nothing comes out at the other end.
 */
async function fillNatively(answer: RunningAnswer, passage: Passage, speaker: Speaker): Promise<boolean> {
  const { isBinary, closed } = passage.translation;
  const silent = pumpPassage({
    ...passage,
    translation: {
      ...(isBinary && { isBinary }),
      feed(chunk) {
        speaker.feed(chunk);
        // What is left of the provider's stream is read for its connection's sake.
        if (speaker.done) answer.finish(endingOf(speaker, answer));
        return "";
      },
      end() {
        endWith(speaker, answer);
        return "";
      },
      ready: answer.room,
      ...(closed && { closed }),
      get done() {
        return speaker.done;
      },
    },
  });
  const reader = silent.getReader();
  while (!(await reader.read()).done) {}
  answer.finish(endingOf(speaker, answer));
  return speaker.isComplete;
}

/** What is missing is said, unless it is for nobody. */
function endWith(speaker: Speaker, { signal, ending }: RunningAnswer): void {
  if (!signal.aborted && !speaker.done && !ending) speaker.end();
}

function endingOf({ isComplete }: Speaker, { signal }: RunningAnswer): Ending {
  if (signal.aborted) return "broken";
  return isComplete ? "whole" : "failed";
}

type Source = Omit<Passage, "translation">;

async function fillHere(answer: RunningAnswer, source: Source, speaker: Speaker): Promise<boolean> {
  const { upstream, begun = [], signal = answer.signal } = source;
  for (const chunk of begun) speaker.feed(chunk);
  await readEach({ answer, upstream, signal }, (chunk) => {
    speaker.feed(chunk);
    return !speaker.done;
  });
  endWith(speaker, answer);
  answer.finish(endingOf(speaker, answer));
  return speaker.isComplete;
}

/** Bytes of which nobody knows what is missing: where the connection breaks, the followers' do. */
async function fillAsItIs(answer: RunningAnswer, upstream: ReadableStream<Uint8Array>): Promise<boolean> {
  const isWhole = await readEach({ answer, upstream, signal: answer.signal }, (chunk) => {
    answer.append(chunk);
    return true;
  });
  answer.finish(isWhole ? "whole" : "broken");
  return isWhole;
}

interface Reading {
  readonly answer: RunningAnswer;
  readonly upstream: ReadableStream<Uint8Array>;
  readonly signal: AbortSignal;
}

/** Reads while `take` wants more; true unless the stream was cut or left. */
async function readEach({ answer, upstream, signal }: Reading, take: (chunk: Uint8Array) => boolean): Promise<boolean> {
  const reader = upstream.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  try {
    for (;;) {
      await answer.room();
      const { done, value } = await reader.read();
      if (done || signal.aborted) return !signal.aborted;
      if (!take(value)) return true;
    }
  } catch {
    return false;
  } finally {
    leave();
  }
}
