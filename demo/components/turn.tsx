import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { askAgain } from "../state/chat.ts";
import type { Turn } from "../state/types.ts";
import { AnswerView } from "./answer.tsx";
import { CopyButton } from "./copy-button.tsx";
import { IconButton } from "./icon-button.tsx";
import { QuestionEditor } from "./question-editor.tsx";

interface Props {
  readonly turn: Turn;
  readonly last: boolean;
  /** An answer of this conversation is under way: nothing can be asked again until it is there. */
  readonly answering: boolean;
}

export function TurnView({ turn, last, answering }: Props): JSX.Element {
  const [editing, setEditing] = useState(false);
  const resend = (question: string): void => {
    setEditing(false);
    askAgain(turn.id, question);
  };
  return (
    <li class="turn">
      <article class="question" aria-label="You">
        {editing ? (
          <QuestionEditor question={turn.question} last={last} onCancel={() => setEditing(false)} onSend={resend} />
        ) : (
          <>
            <p>{turn.question}</p>
            <div class="tools">
              <CopyButton text={turn.question} label="Copy question" />
              {!answering && <IconButton icon="edit" label="Edit question" onClick={() => setEditing(true)} />}
            </div>
          </>
        )}
      </article>
      <AnswerView turn={turn} last={last} answering={answering} />
    </li>
  );
}
