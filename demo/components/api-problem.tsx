import type { ComponentChildren, JSX } from "preact";
import type { ApiProblem } from "../state/api.ts";

/** The region is always there, so that screen readers hear it change. */
export function ApiProblemView({ problem }: { readonly problem: ApiProblem | undefined }): JSX.Element {
  return (
    <div role="alert">
      {problem && (
        <div class="problem">
          <p>{withCode(problem.sentence)}</p>
          {problem.detail && <code>{problem.detail}</code>}
        </div>
      )}
    </div>
  );
}

/** The server puts names between backticks. */
function withCode(sentence: string): ComponentChildren {
  return sentence.split("`").map((part, at) => (at % 2 === 1 ? <code key={part}>{part}</code> : part));
}
