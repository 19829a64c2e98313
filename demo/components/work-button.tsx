import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** After so long the person is told that it goes on. */
const SLOW_MS = 1000;

interface Props {
  readonly children: ComponentChildren;
  /** What it says meanwhile, such as `Saving…`. */
  readonly busy: string;
  readonly class?: string;
  /** Of a form's own button, whose submission is `work`. */
  readonly working: boolean;
  readonly onClick?: () => void;
}

/** A button whose work takes a moment. It cannot be pressed twice, and after a second it shows that it goes on. */
export function WorkButton({ children, busy, working, onClick, ...rest }: Props): JSX.Element {
  const [slow, setSlow] = useState(false);
  const timer = useRef(0);
  useEffect(() => {
    if (!working) return;
    timer.current = window.setTimeout(() => setSlow(true), SLOW_MS);
    return () => {
      clearTimeout(timer.current);
      setSlow(false);
    };
  }, [working]);
  return (
    <span class="work">
      <button
        type={onClick ? "button" : "submit"}
        class={`button ${rest.class ?? ""}`}
        aria-disabled={working}
        onClick={(event) => {
          if (working) event.preventDefault();
          else onClick?.();
        }}
      >
        {working ? busy : children}
      </button>
      {slow && <progress aria-label={busy} />}
    </span>
  );
}
