import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "../components/icon.tsx";
import { OfflineBanner } from "../components/offline-banner.tsx";
import { ColumnView } from "../playground/column.tsx";
import { Options } from "../playground/options.tsx";
import { Prompt } from "../playground/prompt.tsx";
import { problemsOf, tellProblems } from "../playground/request.ts";
import { runAll, stopAll } from "../playground/run.ts";
import { addColumn, fillColumns, MAX_COLUMNS, playground, restoreSetup } from "../playground/state.ts";
import { type Column, isRunning } from "../playground/types.ts";
import { app } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import "../styles/playground.css";

/** One prompt to several models, side by side, with everything that a request can say. */
export function PlaygroundPage(): JSX.Element {
  const { setup, columns } = useStore(playground, (state) => state);
  const models = useStore(app, (state) => state.models);
  const offline = useStore(app, (state) => state.offline);
  useEffect(() => void restoreSetup().then(fillColumns), [models]);
  useEscape();
  const problems = problemsOf(setup);
  const running = columns.some((column) => isRunning(column.at(-1)));
  return (
    <div class="play">
      <OfflineBanner />
      <Prompt running={running} hindrance={tellProblems(problems)} onRun={runAll} onStop={stopAll} />
      <Options problems={problems} />
      <div class="play-columns" data-count={setup.models.length}>
        {setup.models.map((model, at) => (
          <ColumnView key={at} at={at} model={model} column={columns[at] ?? []} removable={setup.models.length > 1} />
        ))}
      </div>
      {setup.models.length === 0 && (
        <p class="hint">
          {offline ? "Which models there are is known once the server is back." : "Loading the models…"}
        </p>
      )}
      {setup.models.length > 0 && setup.models.length < MAX_COLUMNS && (
        <button type="button" class="button" onClick={addColumn}>
          <Icon name="plus" />
          Another model
        </button>
      )}
      <p class="visually-hidden" role="status">
        {tell(columns)}
      </p>
    </div>
  );
}

/** How far they are, for those who do not see the columns. */
function tell(columns: readonly Column[]): string {
  const asked = columns.flatMap((column) => column.at(-1) ?? []);
  if (asked.length === 0) return "";
  const waiting = asked.filter(isRunning).length;
  const failed = asked.filter(({ state }) => state === "failed").length;
  if (waiting > 0) return `${waiting} of ${asked.length} still answering.`;
  return failed > 0 ? `All are done; ${failed} failed.` : "All have answered.";
}

/** Escape stops them, unless it has something on top to close first. */
function useEscape(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !document.querySelector("dialog[open], :popover-open")) stopAll();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
