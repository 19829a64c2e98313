import type { JSX, MouseEventHandler } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface Props {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: MouseEventHandler<HTMLButtonElement>;
  readonly class?: string;
  readonly expanded?: boolean;
}

/** A button that shows only its drawing; its name is for the pointer's hint and for screen readers. */
export function IconButton({ icon, label, onClick, expanded, ...rest }: Props): JSX.Element {
  return (
    <button
      type="button"
      class={`icon-button ${rest.class ?? ""}`}
      title={label}
      aria-label={label}
      aria-expanded={expanded}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
