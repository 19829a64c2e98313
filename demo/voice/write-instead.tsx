import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { write } from "./call.ts";

/** For those who cannot speak right now: what is written is answered by voice. */
export function WriteInstead(): JSX.Element {
  const [text, setText] = useState("");
  return (
    <form
      class="voice-write"
      onSubmit={(event) => {
        event.preventDefault();
        if (!text.trim()) return;
        write(text.trim());
        setText("");
      }}
    >
      <label class="visually-hidden" for="voice-text">
        Write instead
      </label>
      <input
        id="voice-text"
        value={text}
        placeholder="Write instead"
        autocomplete="off"
        enterkeyhint="send"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button" aria-disabled={!text.trim()}>
        Send
      </button>
    </form>
  );
}
