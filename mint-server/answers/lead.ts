import { askModel, budgetFor, type ModelCall } from "../ask-model.ts";
import { failureAnswer } from "../failure-answers.ts";
import type { Budget } from "../metering/budget.ts";
import type { CallNotes } from "../telemetry/call-notes.ts";
import type { AnsweringServices } from "./answers.ts";
import type { Asked } from "./asked.ts";
import { fillAnswer } from "./fill-answer.ts";
import { isEventStream } from "./follower.ts";
import type { RunningAnswer } from "./running-answer.ts";
import type { RunningAnswers } from "./running-answers.ts";

export interface Leading {
  readonly asked: Asked;
  readonly answers: RunningAnswers;
  readonly services: AnsweringServices;
  /** Where somebody watches. */
  readonly notes?: CallNotes | undefined;
}

/** Those who missed the cache before an answer was there come within that time. */
const LINGER_MS = 1000;

/** Makes an answer's one call: sets its leader's budget aside, asks, reads to the end, stores what may be stored. Never throws. */
export async function lead(answer: RunningAnswer, leading: Leading): Promise<void> {
  try {
    await call(answer, leading);
  } catch (error) {
    // The kind of error and no more: a message may quote what a caller or a provider sent.
    console.error(`mintgate: unforeseen ${error instanceof Error ? error.name : typeof error}`);
    leading.answers.forget(answer);
    const { status, headers, body, error: details } = failureAnswer({ kind: "unforeseen" });
    answer.begin({ kind: "failed", head: { status, headers }, body, error: details });
    answer.finish("broken");
    answer.close();
  }
}

async function call(answer: RunningAnswer, { asked, answers, services, notes }: Leading): Promise<void> {
  const { caller, url, headers, now, slot, request } = asked;
  const asking: ModelCall = {
    services,
    caller,
    request: { url, headers, signal: answer.signal },
    now,
    isShared: true,
    notes,
  };
  const budget = await budgetFor(asking, asked);
  if (!budget.ok) {
    answers.forget(answer);
    return answer.begin({ kind: "refused", failure: budget.failure });
  }
  const { status, headers: sent, body, error } = await askModel(asking, asked, budget.value);
  const head = { status, headers: sent };
  if (status >= 400) {
    answers.forget(answer);
    // Failures are text.
    answer.begin({ kind: "failed", head, body: body as string, ...(error && { error }) });
    // A provider that was too slow still works on it.
    return answer.close();
  }
  answer.begin({ kind: "begun", head, ...(budget.value && { remaining: budget.value.remaining }) });
  if (slot) answers.linger(answer, LINGER_MS);
  const { endpoint } = request;
  const options = {
    isEventStream: isEventStream(head),
    isArray: request.isArray,
    terminal: endpoint.terminal,
    errors: asked.connection.errors,
  };
  const isComplete = await fillAnswer(answer, body, options);
  if (!slot) return;
  const whole = answer.whole();
  const unshare = (): void => answers.unshare(answer);
  if (!whole || isShortened(whole, budget.value, asked)) return unshare();
  await slot.keep({ ...head, body: whole, isComplete }, unshare);
}

const ENDED_BY_LENGTH = /"(?:length|max_tokens|max_output_tokens|MAX_TOKENS)"/;

/** Whether an answer may have ended where its leader's limits do, which are nobody else's. */
function isShortened(whole: Uint8Array, budget: Budget | undefined, { request }: Asked): boolean {
  return budget !== undefined && budget.request !== request && ENDED_BY_LENGTH.test(new TextDecoder().decode(whole));
}
