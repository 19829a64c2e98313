import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly label: string;
  readonly class: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A modal side or bottom sheet for narrow windows. The native dialog keeps the focus inside and gives it back. */
export function Drawer({ label, onClose, children, ...rest }: Props): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const onBackdrop = (event: MouseEvent): void => {
    if (event.target === ref.current) onClose();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click on the backdrop; the keyboard has Escape.
    <dialog ref={ref} class={`drawer ${rest.class}`} aria-label={label} onClose={onClose} onClick={onBackdrop}>
      <div class="drawer-body">{children}</div>
    </dialog>
  );
}
