import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface Props {
  readonly term: string;
  /** The term in plain words. */
  readonly meaning: string;
  readonly children: ComponentChildren;
}

/** One line of the receipt. The term explains itself when it is pointed at, focused or tapped; Escape takes it away. */
export function Fact({ term, meaning, children }: Props): JSX.Element {
  const id = useId();
  const leave = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.currentTarget.blur();
  };
  return (
    <div class="fact">
      <dt>
        <button type="button" class="term" aria-describedby={id} onKeyDown={leave}>
          {term}
        </button>
        <span class="tip" role="tooltip" id={id}>
          {meaning}
        </span>
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
