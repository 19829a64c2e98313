import { readPreference, writePreference } from "./preferences.ts";
import { createStore } from "./store.ts";
import type { ChatSettings, Conversation, ModelEntry } from "./types.ts";

/** The built-in model's id: the choice until the person makes another. */
export const DEFAULT_MODEL = "guide";

/** The id, in this page, of the browser's own model. */
export const ON_DEVICE = "on-device";

/** From this width on the panel has a column of its own; below it is a sheet, opened on demand. */
export const ROOM_FOR_PANEL = "(min-width: 1160px)";

const PANEL = "panel";

export interface Notice {
  readonly text: string;
  readonly undo?: () => void;
}

export interface AppState {
  /** Most recently used first. A conversation is listed once it has a turn. */
  readonly conversations: readonly Conversation[];
  /** The open conversation; while it has no turn it is not in the list. */
  readonly current: Conversation;
  readonly models: readonly ModelEntry[];
  readonly offline: boolean;
  readonly notice: Notice | undefined;
  /** The turn that the panel explains; `undefined`: the open conversation's last. */
  readonly selectedTurn: string | undefined;
  readonly panelOpen: boolean;
  readonly listOpen: boolean;
}

/** An empty conversation. */
export function newConversation(settings: ChatSettings): Conversation {
  return { id: crypto.randomUUID(), title: "", updatedAt: Date.now(), settings, turns: [] };
}

export const app = createStore<AppState>({
  conversations: [],
  current: newConversation({ model: DEFAULT_MODEL, system: "", temperature: null }),
  models: [],
  offline: false,
  notice: undefined,
  selectedTurn: undefined,
  panelOpen: matchMedia(ROOM_FOR_PANEL).matches && isPanelWanted(),
  listOpen: false,
});

/** Whether it stands beside the conversation, where there is room. */
export function isPanelWanted(): boolean {
  return readPreference(PANEL) !== "closed";
}

/** Opens or closes the panel. Where it stands beside the conversation, the choice is remembered. */
export function showPanel(panelOpen: boolean): void {
  app.patch({ panelOpen });
  if (matchMedia(ROOM_FOR_PANEL).matches) writePreference(PANEL, panelOpen ? "open" : "closed");
}

let noticeTimer = 0;

/** Tells the person something in passing. */
export function notify(notice: Notice): void {
  clearTimeout(noticeTimer);
  app.patch({ notice });
  noticeTimer = window.setTimeout(() => app.patch({ notice: undefined }), 8000);
}

export function dismissNotice(): void {
  clearTimeout(noticeTimer);
  app.patch({ notice: undefined });
}
