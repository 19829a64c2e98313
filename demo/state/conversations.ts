import { app, newConversation, notify } from "./app.ts";
import { deleteConversation, eraseEverything, loadConversations, saveConversation } from "./db.ts";
import type { Answer, ChatSettings, Conversation, Turn } from "./types.ts";

let storageFailed = false;

/** Reads what was kept. An answer that was under way when the page closed counts as stopped. */
export async function restoreConversations(): Promise<void> {
  try {
    const kept = await loadConversations();
    const settled = kept.map((conversation) => ({ ...conversation, turns: conversation.turns.map(settle) }));
    const conversations = settled.toSorted((a, b) => b.updatedAt - a.updatedAt);
    const settings = conversations[0]?.settings;
    // The same conversation with other settings: someone may be typing in it already.
    const { current } = app.get();
    app.patch({ conversations, ...(settings && { current: { ...current, settings: { ...settings, system: "" } } }) });
  } catch {
    reportStorage();
  }
}

function settle(turn: Turn): Turn {
  const { answer } = turn;
  const receipt =
    answer.receipt?.outcome === "running" ? { ...answer.receipt, outcome: "cancelled" as const } : answer.receipt;
  const done = { ...answer, ...(receipt && { receipt }) };
  if (done.state !== "waiting" && done.state !== "streaming") return { ...turn, answer: done };
  return { ...turn, answer: { ...done, state: "stopped" } };
}

function findConversation(id: string): Conversation | undefined {
  const { current, conversations } = app.get();
  return current.id === id ? current : conversations.find((conversation) => conversation.id === id);
}

/** Puts a changed conversation everywhere it is shown, and keeps it. */
export function putConversation(changed: Conversation): void {
  const { current, conversations } = app.get();
  const others = conversations.filter((conversation) => conversation.id !== changed.id);
  const listed = changed.turns.length === 0 ? others : [changed, ...others];
  app.patch({
    conversations: listed.toSorted((a, b) => b.updatedAt - a.updatedAt),
    ...(current.id === changed.id && { current: changed }),
  });
  if (changed.turns.length > 0) keep(changed.id);
}

const KEEP_EVERY_MS = 500;
const unsaved = new Map<string, number>();

/** A stream changes its conversation with every piece: it is written at most twice a second. */
function keep(id: string): void {
  if (!unsaved.has(id)) unsaved.set(id, window.setTimeout(save, KEEP_EVERY_MS, id));
}

function save(id: string): void {
  clearTimeout(unsaved.get(id));
  unsaved.delete(id);
  const conversation = app.get().conversations.find((entry) => entry.id === id);
  if (conversation) saveConversation(conversation).catch(reportStorage);
}

/** Writes what still waits: a page that is hidden may not come back. */
export function saveNow(): void {
  for (const id of [...unsaved.keys()]) save(id);
}

function reportStorage(): void {
  if (storageFailed) return;
  storageFailed = true;
  notify({ text: "This browser keeps nothing for this page, so conversations last until the tab is closed." });
}

/** Replaces one turn's answer; false if the conversation is gone. */
export function putAnswer(conversationId: string, turnId: string, change: (answer: Answer) => Answer): boolean {
  const conversation = findConversation(conversationId);
  if (!conversation) return false;
  const turns = conversation.turns.map((turn) =>
    turn.id === turnId ? { ...turn, answer: change(turn.answer) } : turn,
  );
  putConversation({ ...conversation, turns });
  return true;
}

export function startConversation(): void {
  const { settings } = app.get().current;
  app.patch({ current: newConversation({ ...settings, system: "" }), selectedTurn: undefined, listOpen: false });
}

export function openConversation(id: string): void {
  const conversation = findConversation(id);
  if (conversation) app.patch({ current: conversation, selectedTurn: undefined, listOpen: false });
}

export function changeSettings(change: Partial<ChatSettings>): void {
  const { current } = app.get();
  putConversation({ ...current, settings: { ...current.settings, ...change } });
}

/** Deletes at once and offers to take it back. */
export function removeConversation(id: string): void {
  const conversation = findConversation(id);
  if (!conversation) return;
  const { conversations, current } = app.get();
  app.patch({ conversations: conversations.filter((entry) => entry.id !== id) });
  if (current.id === id) startConversation();
  deleteConversation(id).catch(reportStorage);
  notify({ text: `Deleted “${conversation.title}”.`, undo: () => putConversation(conversation) });
}

/** Forgets every conversation of this browser. */
export async function removeEverything(): Promise<void> {
  app.patch({ conversations: [] });
  startConversation();
  await eraseEverything().catch(reportStorage);
}
