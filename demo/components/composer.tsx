import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, stop } from "../state/chat.ts";
import { Icon } from "./icon.tsx";
import { useMedia } from "./use-media.ts";

export function Composer({ answering }: { readonly answering: boolean }): JSX.Element {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const hasKeyboard = useMedia("(hover: hover) and (pointer: fine)");
  useEffect(() => {
    // On a phone the keyboard would cover what was just opened.
    if (hasKeyboard) field.current?.focus();
  }, []);
  useEffect(() => {
    // What was pressed, such as a suggestion, may be gone with it.
    if (document.activeElement !== document.body) return;
    if (hasKeyboard) field.current?.focus();
    else document.querySelector("main")?.focus();
  }, [answering]);
  const send = (): void => {
    if (!text.trim() || answering) return;
    ask(text.trim());
    setText("");
    field.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        if (answering) stop();
        else send();
      }}
    >
      <label class="visually-hidden" for="question">
        Your question
      </label>
      <textarea
        id="question"
        ref={field}
        rows={1}
        value={text}
        placeholder="Ask a question"
        enterkeyhint="send"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => sendOnEnter(event, send)}
      />
      {answering ? (
        <button type="submit" class="round stop" title="Stop (Esc)" aria-label="Stop">
          <Icon name="stop" />
        </button>
      ) : (
        <button type="submit" class="round" title="Send (Enter)" aria-label="Send" aria-disabled={!text.trim()}>
          <Icon name="send" />
        </button>
      )}
    </form>
  );
}

/** Enter sends, Shift+Enter makes a new line, and an Enter that ends an input method's composition does neither. */
export function sendOnEnter(event: KeyboardEvent, send: () => void): void {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
}
