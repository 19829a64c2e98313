import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isRecord, readJson } from "./read-json.ts";
import type { ChatBody } from "./types.ts";

interface Props {
  readonly text: string;
  readonly format: ChatBody["response_format"];
}

/** An answer that is JSON, as a list of what it holds; and whether it fits the schema that it was asked to fit. */
export function Structured({ text, format }: Props): JSX.Element {
  const read = readJson(text);
  const schema = format?.type === "json_schema" ? format.json_schema.schema : undefined;
  if (!read.ok) {
    return (
      <>
        <p class="entry-error">The answer is not the JSON that was asked for.</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line scrolls, by keys, too. */}
        <pre tabIndex={0}>{text}</pre>
      </>
    );
  }
  return (
    <>
      {schema && <Fit value={read.value} schema={schema} />}
      <Value value={read.value} />
    </>
  );
}

function Value({ value }: { readonly value: unknown }): JSX.Element {
  if (Array.isArray(value)) {
    if (value.length === 0) return <span class="hint">nothing</span>;
    return (
      <ul class="play-list">
        {value.map((item, at) => (
          <li key={at}>
            <Value value={item} />
          </li>
        ))}
      </ul>
    );
  }
  if (isRecord(value)) {
    return (
      <dl class="play-record">
        {Object.entries(value).map(([name, member]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Value value={member} />
            </dd>
          </div>
        ))}
      </dl>
    );
  }
  return typeof value === "string" ? <span>{value}</span> : <code>{JSON.stringify(value)}</code>;
}

function Fit({ value, schema }: { readonly value: unknown; readonly schema: unknown }): JSX.Element {
  const [problems, setProblems] = useState<readonly string[] | "checking" | "unknown">("checking");
  useEffect(() => {
    let left = false;
    // A library of its own size, which only this view needs.
    void import("./fit.ts")
      .then(({ misfits }) => misfits(value, schema))
      .then((found) => {
        if (!left) setProblems(found ?? "unknown");
      })
      .catch(() => {
        if (!left) setProblems("unknown");
      });
    return () => {
      left = true;
    };
  }, [value, schema]);
  if (problems === "checking") return <p class="hint">Checking it against the schema…</p>;
  if (problems === "unknown") return <p class="hint">This page could not check it against this schema.</p>;
  if (problems.length === 0) return <p class="play-fit">It fits the schema.</p>;
  return (
    <div class="entry-error">
      <p>It does not fit the schema:</p>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </div>
  );
}
