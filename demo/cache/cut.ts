import { HEADER } from "../../mint-server/contract/headers.ts";
import { interrupt, onEvent } from "../../sw/client.ts";
import { describeFailure } from "../state/failure.ts";
import { connect } from "../state/openai.ts";

/** What is seen of a stream whose connection is cut. */
export interface Trial {
  readonly text: string;
  /** What happened, in words, in its order. */
  readonly steps: readonly string[];
  readonly state: "running" | "survived" | "failed";
}

/** How much of the answer is there before its connection is cut. */
const CUT_AT_CHARS = 60;

const number = new Intl.NumberFormat("en");

/** Asks a model for a stream, breaks its connection in the middle, and shows what comes of it. */
export async function tryCut(model: string, signal: AbortSignal, show: (trial: Trial) => void): Promise<void> {
  const requestId = crypto.randomUUID();
  let trial: Trial = { text: "", steps: [`Asked ${model}.`], state: "running" };
  const put = (change: Partial<Trial>, step?: string): void => {
    trial = { ...trial, ...change, steps: step ? [...trial.steps, step] : trial.steps };
    if (!signal.aborted) show(trial);
  };
  const resumed = Promise.withResolvers<void>();
  const silence = onEvent((event) => {
    if (!("requestId" in event) || event.requestId !== requestId || event.type !== "resume") return;
    const after = event.tookMs < 1000 ? `${Math.round(event.tookMs)} ms` : `${(event.tookMs / 1000).toFixed(1)} s`;
    put({}, `The answer went on from byte ${number.format(event.position)}, ${after} after the cut.`);
    resumed.resolve();
  });
  put({});
  try {
    const openai = await connect();
    const stream = await openai.chat.completions.create(
      { model, stream: true, messages: [{ role: "user", content: "Why is a stolen credential of no use elsewhere?" }] },
      { signal, maxRetries: 0, headers: { [HEADER.requestId]: requestId, [HEADER.useCache]: "never" } },
    );
    let isCut = false;
    for await (const { choices } of stream) {
      put({ text: trial.text + (choices[0]?.delta?.content ?? "") });
      if (isCut || trial.text.length < CUT_AT_CHARS) continue;
      isCut = true;
      put({}, `After ${trial.text.length} letters the connection was cut.`);
      await interrupt();
    }
    // Its report may come a moment after the last word.
    await Promise.race([resumed.promise, new Promise((resolve) => setTimeout(resolve, 500))]);
    put({ state: "survived" }, "It came to its end. The page’s code noticed nothing, and the model was asked once.");
  } catch (error) {
    put({ state: "failed" }, (await describeFailure(error)).problem.sentence);
  } finally {
    silence();
  }
}
