import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { sendOnEnter } from "./composer.tsx";

interface Props {
  readonly question: string;
  readonly last: boolean;
  readonly onCancel: () => void;
  readonly onSend: (question: string) => void;
}

export function QuestionEditor({ question, last, onCancel, onSend }: Props): JSX.Element {
  const [text, setText] = useState(question);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(question.length, question.length);
  }, []);
  const send = (): void => {
    if (text.trim()) onSend(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    sendOnEnter(event, send);
    if (event.key !== "Escape") return;
    event.preventDefault();
    onCancel();
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={2}
        aria-label="Edit question"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class="editor-end">
        {!last && <span class="hint">What came after is dropped.</span>}
        <button type="button" class="button quiet" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" class="button primary">
          Ask again
        </button>
      </div>
    </form>
  );
}
