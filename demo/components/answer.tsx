import type { JSX } from "preact";
import { interrupt } from "../../sw/client.ts";
import { app, showPanel } from "../state/app.ts";
import { askAgain, queueQuestion } from "../state/chat.ts";
import type { Answer, Turn } from "../state/types.ts";
import { CopyButton } from "./copy-button.tsx";
import { IconButton } from "./icon-button.tsx";
import { Markdown } from "./markdown.tsx";
import { ProblemView } from "./problem.tsx";
import { ReceiptChip } from "./receipt-chip.tsx";

interface Props {
  readonly turn: Turn;
  readonly last: boolean;
  readonly answering: boolean;
}

export function AnswerView({ turn, last, answering }: Props): JSX.Element {
  const { answer } = turn;
  const busy = answer.state === "waiting" || answer.state === "streaming";
  return (
    <article class="answer" aria-label={`Answer of ${answer.model}`} aria-busy={busy}>
      <p class="answer-model">
        <strong>{answer.model}</strong>
        {answer.builtIn && <span>not a language model</span>}
      </p>
      <Markdown text={answer.text} growing={answer.state === "streaming"} />
      <Ending answer={answer} />
      {answer.state === "failed" && (
        <ProblemView
          problem={answer.problem}
          onRetry={() => askAgain(turn.id)}
          onQueue={() => queueQuestion(turn.id)}
          last={last}
        />
      )}
      <div class="tools">
        <ReceiptChip answer={answer} onOpen={() => openReceipt(turn)} />
        {answer.state === "streaming" && (
          <button type="button" class="link cut-link" onClick={() => void interrupt()}>
            Cut my connection
          </button>
        )}
        {answer.text && !busy && <CopyButton text={answer.text} label="Copy answer" />}
        {last && !answering && answer.state !== "failed" && (
          <IconButton icon="retry" label="Ask again" onClick={() => askAgain(turn.id)} />
        )}
      </div>
    </article>
  );
}

function openReceipt(turn: Turn): void {
  app.patch({ selectedTurn: turn.id });
  showPanel(true);
}

const CUT = {
  length: "The model stopped here: it reached its longest answer.",
  content_filter: "The provider’s filter stopped the answer here.",
};

function Ending({ answer }: { readonly answer: Answer }): JSX.Element | null {
  const { downloaded } = answer.receipt ?? {};
  if (answer.state === "waiting" && downloaded !== undefined && downloaded < 1) {
    return (
      <p class="ending">
        Your browser downloads its model, once: {Math.floor(downloaded * 100)} %{" "}
        <progress aria-label="Download of the model" value={downloaded} />
      </p>
    );
  }
  if (answer.state === "waiting") {
    return (
      <p class="thinking">
        <span class="visually-hidden">Waiting for the answer</span>
        <i /> <i /> <i />
      </p>
    );
  }
  if (answer.state === "stopped") return <p class="ending">Stopped.</p>;
  if (answer.state === "complete" && answer.cut) return <p class="ending">{CUT[answer.cut]}</p>;
  if (answer.state === "complete" && !answer.text) return <p class="ending">The model sent an empty answer.</p>;
  return null;
}
