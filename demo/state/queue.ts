import { onEvent, outbox } from "../../sw/client.ts";
import { app } from "./app.ts";
import { askQueued } from "./chat.ts";
import { putAnswer } from "./conversations.ts";
import type { Conversation, Problem, Turn } from "./types.ts";

interface Place {
  readonly conversation: Conversation;
  readonly turn: Turn;
}

/** The turn whose question waits under an id. */
export function findQueued(id: string): Place | undefined {
  return listQueued().find(({ turn }) => turn.answer.queued === id);
}

function listQueued(): readonly Place[] {
  const { conversations } = app.get();
  return conversations.flatMap((conversation) =>
    conversation.turns.filter(({ answer }) => answer.queued).map((turn) => ({ conversation, turn })),
  );
}

const TAKEN_BACK: Problem = {
  sentence: "You took this question back.",
  advice: "It was not sent. Ask it again whenever you like.",
  remedy: "retry",
};

/** Says of questions that they wait no more, before they are deleted: they would be asked for otherwise. */
export function markTakenBack(ids: readonly string[]): void {
  for (const { conversation, turn } of ids.flatMap((id) => findQueued(id) ?? [])) {
    putAnswer(conversation.id, turn.id, ({ queued: _queued, ...before }) => ({
      ...before,
      state: "failed",
      problem: TAKEN_BACK,
    }));
  }
}

/** Fetches the answers of questions that waited: those that wait no more were sent, now or while this page was closed. */
async function collectAnswers(): Promise<void> {
  const asked = listQueued();
  if (asked.length === 0) return;
  const waiting = new Set((await outbox()).map(({ id }) => id));
  for (const { conversation, turn } of asked) {
    if (!waiting.has(turn.answer.queued ?? "")) askQueued(conversation.id, turn.id);
  }
}

/** Follows what becomes of the questions that wait. */
export function watchQueue(): void {
  onEvent(({ type }) => {
    // The last: a conversation that was busy is not any more. Where the question was refused, asking once more says why.
    if (type === "delivered" || type === "undeliverable" || type === "done") void collectAnswers();
  });
  void collectAnswers();
}
