import type { JSX } from "preact";
import type { Option } from "./fields.tsx";

interface Props {
  readonly title: string;
  readonly hint?: string;
  readonly all: readonly Option[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

/** Any number of some choices. */
export function CheckList({ title, hint, all, chosen, onChange }: Props): JSX.Element {
  const toggle = (id: string): void =>
    onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <fieldset class="checks">
      <legend>{title}</legend>
      {hint && <p class="hint">{hint}</p>}
      <div class="checks-all">
        {all.map(([id, name]) => (
          <label class="check" key={id}>
            <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
