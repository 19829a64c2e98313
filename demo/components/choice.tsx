import type { JSX } from "preact";

interface Props<T> {
  /** Of the group, unique within the page. */
  readonly name: string;
  readonly title: string;
  readonly all: readonly T[];
  readonly chosen: T;
  readonly onChoose: (one: T) => void;
}

/** One of a few, all of them in sight. */
export function Choice<T extends { readonly id: string; readonly name: string }>(props: Props<T>): JSX.Element {
  const { name, title, all, chosen, onChoose } = props;
  return (
    <fieldset class="spans">
      <legend class="visually-hidden">{title}</legend>
      {all.map((one) => (
        <label key={one.id}>
          <input type="radio" name={name} checked={one.id === chosen.id} onChange={() => onChoose(one)} />
          {one.name}
        </label>
      ))}
    </fieldset>
  );
}
