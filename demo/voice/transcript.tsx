import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useStore } from "../state/store.ts";
import { ECHO, type Entry, voice } from "./state.ts";

/** What both sides said. */
export function Transcript(): JSX.Element {
  const { entries, model } = useStore(voice, (state) => state);
  const end = useRef<HTMLLIElement>(null);
  const last = entries.at(-1);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [last?.id, last?.text]);
  if (entries.length === 0) return <p class="hint">What is said appears here.</p>;
  return (
    <section class="voice-said" aria-label="What was said">
      <ol>
        {entries.map((entry) => (
          <li key={entry.id} class="voice-entry" data-who={entry.who} data-state={entry.state}>
            {entry.who !== "note" && <span class="voice-who">{entry.who === "you" ? "You" : nameOf(model)}</span>}
            <p>{textOf(entry)}</p>
            {entry.state === "cut" && <span class="voice-cut">interrupted</span>}
          </li>
        ))}
        <li ref={end} aria-hidden="true" />
      </ol>
    </section>
  );
}

/** How the other side is called. */
export function nameOf(model: string): string {
  return model === ECHO ? "Echo" : model;
}

function textOf({ who, text, state }: Entry): string {
  if (text !== "") return text;
  return who === "you" && state === "live" ? "(speaking…)" : "…";
}
