import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly title: string;
  /** What the button says that does it. */
  readonly action: string;
  readonly onDo: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something that cannot be taken back. Escape and the first button leave everything as it is. */
export function AskDialog({ title, action, onDo, onClose, children }: Props): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const doIt = (): void => {
    onClose();
    onDo();
  };
  return (
    <dialog ref={ref} class="ask" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      <p>{children}</p>
      <div class="ask-end">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button danger" onClick={doIt}>
          {action}
        </button>
      </div>
    </dialog>
  );
}
