import type { JSX } from "preact";
import { CopyButton } from "../components/copy-button.tsx";
import { IconButton } from "../components/icon-button.tsx";
import { Markdown } from "../components/markdown.tsx";
import { useNow } from "../components/use-now.ts";
import { formatMs } from "../format.ts";
import { app } from "../state/app.ts";
import { groupModels } from "../state/groups.ts";
import { useStore } from "../state/store.ts";
import type { Receipt } from "../state/types.ts";
import { RawView } from "./raw-view.tsx";
import { runAgain } from "./run.ts";
import { chooseModel, removeColumn } from "./state.ts";
import { Structured } from "./structured.tsx";
import { ToolCalls } from "./tool-calls.tsx";
import { type Column, isRunning, type Run } from "./types.ts";

interface Props {
  readonly at: number;
  readonly model: string;
  readonly column: Column;
  readonly removable: boolean;
}

/** One model and what it answered. */
export function ColumnView({ at, model, column, removable }: Props): JSX.Element {
  const models = useStore(app, (state) => state.models);
  const last = column.at(-1);
  return (
    <section
      class="card play-column"
      tabIndex={-1}
      aria-label={`${model}, column ${at + 1}`}
      aria-busy={isRunning(last)}
    >
      <div class="play-column-head">
        <select
          aria-label={`Model of column ${at + 1}`}
          value={model}
          onChange={(event) => chooseModel(at, event.currentTarget.value)}
        >
          {!models.some(({ id }) => id === model) && <option value={model}>{model}</option>}
          {groupModels(models).map(([provider, entries]) => (
            <optgroup key={provider} label={provider}>
              {entries.map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
        {removable && (
          <IconButton
            icon="close"
            label={`Remove column ${at + 1}`}
            onClick={({ currentTarget }) => {
              const section = currentTarget.closest("section");
              // What is to its right moves up; to the right of the last there is nothing.
              (section?.previousElementSibling ?? section)?.querySelector("select")?.focus();
              removeColumn(at);
            }}
          />
        )}
      </div>
      {column.map((run, step) => (
        <RunView key={run.id} run={run} next={column[step + 1]} />
      ))}
      {!last && <p class="hint">Its answer comes here.</p>}
    </section>
  );
}

interface RunProps {
  readonly run: Run;
  /** What was asked after it; absent for the last one. */
  readonly next: Run | undefined;
}

function RunView({ run, next }: RunProps): JSX.Element {
  const { state, text, thoughts, toolCalls, problem, body } = run;
  const isJson = body.response_format !== undefined && state === "complete" && text !== "";
  return (
    <div class="play-run">
      <StateLine run={run} />
      {thoughts && (
        <details class="play-thoughts">
          <summary>What it thought</summary>
          <p>{thoughts}</p>
        </details>
      )}
      {isJson ? (
        <Structured text={text} format={body.response_format} />
      ) : (
        text && <Markdown text={text} growing={state === "streaming"} />
      )}
      {toolCalls.length > 0 && <ToolCalls run={run} next={next} />}
      {state === "complete" && !text && toolCalls.length === 0 && <p class="ending">The model sent an empty answer.</p>}
      {problem && (
        <div class="problem">
          <p>
            <strong>{problem.sentence}</strong> {problem.advice}
          </p>
          {problem.detail && <code>{problem.detail}</code>}
        </div>
      )}
      {!isRunning(run) && (text || !next) && (
        <div class="tools">
          {text && <CopyButton text={text} label="Copy answer" />}
          {!next && <IconButton icon="retry" label="Ask this model again" onClick={() => runAgain(run)} />}
        </div>
      )}
      <RawView run={run} />
    </div>
  );
}

const ENDS: Readonly<Record<string, string>> = {
  length: "cut at its longest",
  content_filter: "stopped by the provider’s filter",
  tool_calls: "wants tools",
};

function waitingFor({ downloaded = 1 }: Partial<Receipt> = {}): string {
  return downloaded < 1 ? `Your browser downloads its model, once: ${Math.floor(downloaded * 100)} %` : "Waiting";
}

/** How it stands, and once it is over what it took. */
function StateLine({ run }: { readonly run: Run }): JSX.Element {
  const { state, startedAt, finish = "", used, receipt } = run;
  const now = useNow(isRunning(run));
  if (isRunning(run)) {
    const seconds = Math.floor((now - startedAt) / 1000);
    return (
      <p class="play-state">
        <progress aria-label="The answer is coming" />
        {state === "waiting" ? waitingFor(receipt) : "Answering"}
        {seconds > 0 && ` · ${seconds} s`}
      </p>
    );
  }
  const parts = [
    state === "complete" ? ENDS[finish] : state,
    receipt?.source === "browser-cache" && "from this browser’s cache",
    receipt?.source === "edge-cache" && "from the server’s cache",
    receipt?.firstByteMs !== undefined && state !== "failed" && `began after ${formatMs(receipt.firstByteMs)}`,
    receipt?.totalMs !== undefined && `done after ${formatMs(receipt.totalMs)}`,
    used && `${used.input.toLocaleString("en")} tokens in, ${used.output.toLocaleString("en")} out`,
  ].filter(Boolean);
  return <p class="play-state numbers">{parts.join(" · ") || "complete"}</p>;
}
