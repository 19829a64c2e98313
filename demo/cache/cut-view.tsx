import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Markdown } from "../components/markdown.tsx";
import { app } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import { type Trial, tryCut } from "./cut.ts";

/** Lets the person cut a stream's connection and watch it go on. */
export function CutView(): JSX.Element {
  const model = useStore(app, (state) => state.current.settings.model);
  const [trial, setTrial] = useState<Trial>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const start = (): void => {
    running.current = new AbortController();
    void tryCut(model, running.current.signal, setTrial);
  };
  return (
    <section class="card" aria-labelledby="cut">
      <h2 id="cut">Cut my connection</h2>
      <p>
        Asks {model} a question, and breaks the connection in the middle of the answer, as a train into a tunnel would.
        The server goes on for half a minute, and the Service Worker asks for the rest.
      </p>
      <button type="button" class="button primary" disabled={trial?.state === "running"} onClick={start}>
        {trial?.state === "running" ? "Watching…" : trial ? "Cut it again" : "Cut my connection"}
      </button>
      {trial && (
        <>
          <ol class="cut-steps" aria-live="polite">
            {trial.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          {trial.text && (
            <div class="cut-text">
              <Markdown text={trial.text} growing={trial.state === "running"} />
            </div>
          )}
        </>
      )}
    </section>
  );
}
