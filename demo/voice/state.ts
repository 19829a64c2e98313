import type { RealtimeBudget } from "../../sw/client.ts";
import { readPreference, writePreference } from "../state/preferences.ts";
import { createStore } from "../state/store.ts";
import type { VoiceProblem } from "./problems.ts";

/** Id of the built-in voice. */
export const ECHO = "echo";

/** Who ends a turn: silence, or the person's finger. */
export type TalkMode = "hands-free" | "push-to-talk";

/** Something that was said. */
export interface Entry {
  readonly id: string;
  readonly who: "you" | "voice" | "note";
  readonly text: string;
  /** `cut`: interrupted before it was heard to its end. */
  readonly state: "live" | "whole" | "cut";
}

export interface VoiceModel {
  readonly id: string;
  readonly provider: string;
}

export interface VoiceState {
  readonly phase: "idle" | "connecting" | "live";
  readonly problem: VoiceProblem | undefined;
  /** `undefined` until the list is there. */
  readonly models: readonly VoiceModel[] | undefined;
  readonly model: string;
  readonly mode: TalkMode;
  readonly muted: boolean;
  readonly withMicrophone: boolean;
  /** The button is held. */
  readonly held: boolean;
  /** The server hears a voice. */
  readonly heard: boolean;
  readonly speaking: boolean;
  readonly responding: boolean;
  readonly entries: readonly Entry[];
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** What was left at `budgetAt`, in Unix milliseconds. */
  readonly budget: RealtimeBudget | undefined;
  readonly budgetAt: number;
}

const MODE = "voice-mode";
const MODEL = "voice-model";

export const voice = createStore<VoiceState>({
  phase: "idle",
  problem: undefined,
  models: undefined,
  model: readPreference(MODEL) ?? ECHO,
  mode: readPreference(MODE) === "push-to-talk" ? "push-to-talk" : "hands-free",
  muted: false,
  withMicrophone: true,
  held: false,
  heard: false,
  speaking: false,
  responding: false,
  entries: [],
  startedAt: 0,
  budget: undefined,
  budgetAt: 0,
});

export function chooseModel(model: string): void {
  voice.patch({ model });
  writePreference(MODEL, model);
}

export function chooseMode(mode: TalkMode): void {
  voice.patch({ mode });
  writePreference(MODE, mode);
}

/** How loud it is now, 0 to 1: looked at for each picture, so no store. */
export const levels = { you: 0, voice: 0 };

/** Changes an entry, or adds it after the others. */
export function upsertEntry(id: string, who: Entry["who"], change: (before: Entry) => Partial<Entry>): void {
  const { entries } = voice.get();
  const before = entries.find((entry) => entry.id === id);
  const fresh: Entry = { id, who, text: "", state: "live" };
  const after = { ...(before ?? fresh), ...change(before ?? fresh) };
  voice.patch({ entries: before ? entries.map((entry) => (entry === before ? after : entry)) : [...entries, after] });
}

/** Something to be known that nobody said. */
export function addNote(text: string): void {
  upsertEntry(crypto.randomUUID(), "note", () => ({ text, state: "whole" }));
}
