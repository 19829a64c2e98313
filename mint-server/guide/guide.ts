import type { JsModel } from "../providers/js-model.ts";

/** Pace of the answer: a stream that arrives in one piece would not show that it streams. */
const PAUSE_MS = 8;
const WORDS_PER_PIECE = 3;

/** The built-in model: answers from this project's documentation, by search. Needs no key and no network. */
export const guide: JsModel = async function* ({ messages, signal }) {
  const { answerFromDocumentation } = await import("./documentation.ts");
  for (const piece of pieces(answerFromDocumentation(messages))) {
    if (signal.aborted) return;
    yield piece;
    await pause(signal);
  }
};

/** Cuts a text after every few words; joined, the pieces are the text. */
function pieces(text: string): string[] {
  return text.match(new RegExp(`(?:\\s*\\S+){1,${WORDS_PER_PIECE}}|\\s+$`, "g")) ?? [];
}

/** Waits one pause, or until the caller leaves. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(stop, PAUSE_MS);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}
