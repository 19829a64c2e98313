import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface Named {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** What is wrong with what was entered. */
  readonly error?: string | undefined;
}

interface Parts {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

/** A label, a control, and below it a hint or what is wrong: all three told together by a screen reader. */
function Labelled({ label, hint, error, children }: Named & { children: (parts: Parts) => JSX.Element }): JSX.Element {
  const id = useId();
  const isHinted = hint !== undefined || error !== undefined;
  return (
    <div class="entry">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-describedby": isHinted ? `${id}-hint` : undefined,
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {isHinted && (
        <p class={error === undefined ? "hint" : "entry-error"} id={`${id}-hint`}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

interface Entered extends Named {
  readonly value: string;
  readonly onInput: (value: string) => void;
}

interface TextProps extends Entered {
  readonly placeholder?: string;
  readonly required?: boolean;
  /** The id of a `datalist`. */
  readonly list?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
}

export function TextField({ label, hint, error, onInput, ...rest }: TextProps): JSX.Element {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <input
          {...parts}
          {...rest}
          type="text"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

interface NumberProps extends Entered {
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | "any";
  readonly placeholder?: string;
}

/** A number as it is typed; the browser says what is not one. Empty: none. */
export function NumberField({ label, hint, error, onInput, step = "any", ...rest }: NumberProps): JSX.Element {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <input
          {...parts}
          {...rest}
          step={step}
          type="number"
          inputmode="decimal"
          autocomplete="off"
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

interface AreaProps extends Entered {
  readonly rows?: number;
  readonly placeholder?: string;
  readonly mono?: boolean;
}

export function AreaField({ label, hint, error, onInput, mono, rows = 3, ...rest }: AreaProps): JSX.Element {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <textarea
          {...parts}
          {...rest}
          rows={rows}
          class={mono ? "mono" : undefined}
          spellcheck={!mono}
          autocomplete="off"
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

/** A value, and what is shown for it. */
export type Option = readonly [value: string, name: string];

export function SelectField({
  label,
  hint,
  error,
  value,
  onInput,
  options,
}: Entered & { readonly options: readonly Option[] }): JSX.Element {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <select {...parts} value={value} onChange={(event) => onInput(event.currentTarget.value)}>
          {options.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

/** A key typed in by hand: shown as dots, and nothing that a browser offers to keep. */
export function SecretField({ label, hint, error, onInput, ...rest }: TextProps): JSX.Element {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <input
          {...parts}
          {...rest}
          type="text"
          class="secret"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value.trim())}
        />
      )}
    </Labelled>
  );
}
