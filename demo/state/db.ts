import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Conversation } from "./types.ts";

interface Schema extends DBSchema {
  conversations: { key: string; value: Conversation };
  values: { key: string; value: unknown };
}

let opening: Promise<IDBPDatabase<Schema>> | undefined;

function open(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>("mintgate-demo", 1, {
    upgrade(db) {
      db.createObjectStore("conversations", { keyPath: "id" });
      db.createObjectStore("values");
    },
    // Browsers close idle connections under pressure: the next use opens a new one.
    terminated() {
      opening = undefined;
    },
  });
  opening.catch(() => {
    opening = undefined;
  });
  return opening;
}

/** Everything that was kept. Rejects where the browser has no storage for this page. */
export async function loadConversations(): Promise<Conversation[]> {
  return (await open()).getAll("conversations");
}

export async function saveConversation(conversation: Conversation): Promise<void> {
  await (await open()).put("conversations", conversation);
}

export async function deleteConversation(id: string): Promise<void> {
  await (await open()).delete("conversations", id);
}

/** A small value by name, or `undefined`. */
export async function loadValue(name: string): Promise<unknown> {
  return (await open()).get("values", name);
}

export async function saveValue(name: string, value: unknown): Promise<void> {
  await (await open()).put("values", value, name);
}

/** Empties both stores. */
export async function eraseEverything(): Promise<void> {
  const db = await open();
  await Promise.all([db.clear("conversations"), db.clear("values")]);
}
