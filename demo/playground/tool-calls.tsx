import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { AreaField } from "../components/fields.tsx";
import { readJson } from "./read-json.ts";
import { giveResults } from "./run.ts";
import type { Run } from "./types.ts";

interface Props {
  readonly run: Run;
  /** What gave their results; absent until then. */
  readonly next: Run | undefined;
}

/** What the model wants to have called. There is no code behind these tools: the person is the tool. */
export function ToolCalls({ run, next }: Props): JSX.Element {
  const open = !next && run.state === "complete";
  const [results, setResults] = useState<Readonly<Record<string, string>>>({});
  return (
    <form
      class="play-calls"
      onSubmit={(event) => {
        event.preventDefault();
        // This form's button goes; what comes of it is shown below.
        event.currentTarget.closest("section")?.focus();
        giveResults(run, results);
      }}
    >
      <ol>
        {run.toolCalls.map(({ id, name, arguments: given }) => (
          <li key={id}>
            <h3>
              <code>{name}</code>
            </h3>
            <Arguments text={given} />
            {next && <p class="play-result">{resultIn(next, id)}</p>}
            {open && (
              <AreaField
                label={`Result of ${name}`}
                rows={2}
                mono
                placeholder="What the tool gave back"
                value={results[id] ?? ""}
                onInput={(value) => setResults({ ...results, [id]: value })}
              />
            )}
          </li>
        ))}
      </ol>
      {open && (
        <button type="submit" class="button primary">
          {run.toolCalls.length > 1 ? "Give these results" : "Give this result"}
        </button>
      )}
    </form>
  );
}

function resultIn({ body }: Run, callId: string): string {
  const found = body.messages.find((message) => message.role === "tool" && message.tool_call_id === callId);
  return typeof found?.content === "string" && found.content !== "" ? `→ ${found.content}` : "→ nothing";
}

function Arguments({ text }: { readonly text: string }): JSX.Element {
  const read = readJson(text || "{}");
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line scrolls, by keys, too. */}
      <pre tabIndex={0}>{read.ok ? JSON.stringify(read.value, undefined, 2) : text}</pre>
      {!read.ok && <p class="entry-error">These arguments are not JSON.</p>}
    </>
  );
}
