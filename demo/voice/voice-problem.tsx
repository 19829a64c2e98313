import type { JSX } from "preact";
import { startCall } from "./call.ts";
import type { VoiceProblem } from "./problems.ts";

/** What went wrong and what helps. */
export function VoiceProblemView({ problem }: { readonly problem: VoiceProblem }): JSX.Element {
  return (
    <div class="voice-problem" role="alert">
      <p>
        <strong>{problem.sentence}</strong> {problem.advice}
      </p>
      <div class="voice-problem-end">
        {problem.remedy === "write" && (
          <button type="button" class="button" onClick={() => startCall(false)}>
            Write instead
          </button>
        )}
        {problem.remedy === "model" && (
          <button type="button" class="button" onClick={() => document.getElementById("voice-model")?.focus()}>
            Choose another voice
          </button>
        )}
        {problem.remedy === "usage" && (
          <a class="button" href="#/usage">
            See my limits
          </a>
        )}
        {problem.remedy !== "model" && (
          <button type="button" class="button" onClick={() => startCall(true)}>
            Start again
          </button>
        )}
        {problem.detail && <code>{problem.detail}</code>}
      </div>
    </div>
  );
}
