import { app } from "../state/app.ts";
import { loadValue, saveValue } from "../state/db.ts";
import { createStore } from "../state/store.ts";
import type { Column, Picture, Run, Setup } from "./types.ts";

export const MAX_COLUMNS = 4;

const START: Setup = {
  models: [],
  system: "",
  prompt: "",
  temperature: "",
  maxTokens: "",
  topP: "",
  stop: "",
  seed: "",
  effort: "",
  cache: "auto",
  format: "text",
  schema: "",
  tools: "",
};

interface Playground {
  readonly setup: Setup;
  readonly pictures: readonly Picture[];
  /** At the place of its model in `setup.models`; empty before it was asked. */
  readonly columns: readonly Column[];
}

export const playground = createStore<Playground>({ setup: START, pictures: [], columns: [] });

const KEPT = "playground";
const SAVE_AFTER_MS = 500;

let saving = 0;
let restoring: Promise<void> | undefined;

/** Changes what is asked, and remembers it in this browser; pictures are not kept. */
export function changeSetup(change: Partial<Setup>): void {
  playground.patch({ setup: { ...playground.get().setup, ...change } });
  clearTimeout(saving);
  saving = window.setTimeout(() => saveValue(KEPT, playground.get().setup).catch(() => undefined), SAVE_AFTER_MS);
}

/** Enters one text. */
export const entered =
  (name: keyof Setup) =>
  (value: string): void =>
    changeSetup({ [name]: value });

/** Takes up what was entered last time; storage that hangs is not waited for long. */
export function restoreSetup(): Promise<void> {
  restoring ??= Promise.race([
    loadValue(KEPT).catch(() => undefined),
    new Promise<undefined>((resolve) => setTimeout(resolve, 300)),
  ]).then((kept) => {
    if (typeof kept === "object") playground.patch({ setup: { ...START, ...playground.get().setup, ...kept } });
  });
  return restoring;
}

/** Forgets what was entered and what was answered. */
export function clearPlayground(): void {
  playground.patch({ pictures: [], columns: [] });
  changeSetup(START);
  fillColumns();
}

/** Two models to begin with, where there are two: the chat's own choice, and another. */
export function fillColumns(): void {
  const { setup } = playground.get();
  if (setup.models.length > 0) return;
  const { models, current } = app.get();
  if (models.length === 0) return;
  const first = current.settings.model;
  const second = models.find(({ id }) => id !== first)?.id;
  playground.patch({ setup: { ...setup, models: second ? [first, second] : [first] } });
}

export function addColumn(): void {
  const { setup } = playground.get();
  const unused = app.get().models.find(({ id }) => !setup.models.includes(id))?.id;
  const next = unused ?? setup.models.at(-1);
  if (next && setup.models.length < MAX_COLUMNS) changeSetup({ models: [...setup.models, next] });
}

export function removeColumn(at: number): void {
  const { setup, columns } = playground.get();
  playground.patch({ columns: columns.filter((_, index) => index !== at) });
  changeSetup({ models: setup.models.filter((_, index) => index !== at) });
}

/** Another model in a column; what the last one answered goes. */
export function chooseModel(at: number, model: string): void {
  const { setup, columns } = playground.get();
  playground.patch({ columns: columns.map((column, index) => (index === at ? [] : column)) });
  changeSetup({ models: setup.models.map((one, index) => (index === at ? model : one)) });
}

/** Replaces a run, wherever it stands; false if it is gone. */
export function changeRun(id: string, change: (run: Run) => Run): boolean {
  const { columns } = playground.get();
  if (!columns.some((column) => column.some((run) => run.id === id))) return false;
  playground.patch({
    columns: columns.map((column) =>
      column.some((run) => run.id === id) ? column.map((run) => (run.id === id ? change(run) : run)) : column,
    ),
  });
  return true;
}
