import type { JSX } from "preact";
import type { Problem } from "../state/types.ts";

interface Props {
  readonly problem: Problem;
  readonly onRetry: () => void;
  readonly onQueue: () => void;
  readonly last: boolean;
}

/** What went wrong and what helps; the buttons only where the turn is the one to go on with. */
export function ProblemView({ problem, onRetry, onQueue, last }: Props): JSX.Element {
  return (
    <div class="problem" data-remedy={problem.remedy}>
      <p>
        <strong>{problem.sentence}</strong> {problem.advice}
      </p>
      {last && (
        <div class="problem-end">
          {problem.remedy === "settings" && (
            <button type="button" class="button" popovertarget="settings">
              Settings
            </button>
          )}
          {problem.remedy === "wait" && (
            <a class="button" href="#/cache">
              See the outbox
            </a>
          )}
          {problem.remedy === "usage" && (
            <a class="button" href="#/usage">
              See my limits
            </a>
          )}
          {problem.remedy === "queue" && (
            <button type="button" class="button" onClick={onQueue}>
              Send it later
            </button>
          )}
          {problem.remedy === "model" && (
            <button type="button" class="button" onClick={() => document.getElementById("model")?.focus()}>
              Choose a model
            </button>
          )}
          {problem.remedy !== "wait" && (
            <button type="button" class="button primary" onClick={onRetry}>
              Ask again
            </button>
          )}
          {problem.detail && <code>{problem.detail}</code>}
        </div>
      )}
    </div>
  );
}
