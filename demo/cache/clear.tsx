import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { clearCache, type Queued } from "../../sw/client.ts";
import { notify } from "../state/app.ts";
import { markTakenBack } from "../state/queue.ts";
import { countAnswers } from "./budget.tsx";
import { countQuestions } from "./waiting.tsx";

interface Props {
  readonly answers: number;
  readonly waiting: readonly Queued[];
  readonly onCleared: () => Promise<void>;
}

/** After so long the person is told that it goes on. */
const SLOW_MS = 1000;

type State = "asking" | "clearing" | "slow";

/** Deletes all that is stored, after asking: nothing can bring it back. */
export function Clear({ answers, waiting, onCleared }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<State>("asking");
  const clear = async (): Promise<void> => {
    setState("clearing");
    const timer = setTimeout(() => setState("slow"), SLOW_MS);
    markTakenBack(waiting.map(({ id }) => id));
    const cleared = await clearCache().then(
      () => true,
      () => false,
    );
    clearTimeout(timer);
    dialog.current?.close();
    // The button that opened it has nothing left to delete.
    document.getElementById("stored")?.focus();
    setState("asking");
    notify({ text: cleared ? "Deleted." : "The browser did not let the answers be deleted. Try again." });
    await onCleared();
  };
  return (
    <>
      <button
        type="button"
        class="button danger"
        disabled={answers + waiting.length === 0}
        onClick={() => dialog.current?.showModal()}
      >
        Delete all…
      </button>
      <dialog ref={dialog} class="ask" aria-labelledby="clear-title">
        <h2 id="clear-title">Delete {countAnswers(answers)}?</h2>
        <p>
          They cannot be brought back: the key that opens them is deleted first.
          {waiting.length > 0 && ` ${countQuestions(waiting.length)} in the outbox will be deleted unsent.`} Your
          conversations stay.
        </p>
        {state === "slow" && (
          <p role="status">
            Still deleting… <progress aria-label="Deleting" />
          </p>
        )}
        <div class="ask-end">
          <button type="button" class="button" disabled={state !== "asking"} onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="button" class="button danger" disabled={state !== "asking"} onClick={clear}>
            {state === "asking" ? "Delete" : "Deleting…"}
          </button>
        </div>
      </dialog>
    </>
  );
}
