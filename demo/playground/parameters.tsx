import type { JSX } from "preact";
import { AreaField, NumberField, type Option, SelectField } from "../components/fields.tsx";
import { useStore } from "../state/store.ts";
import type { SetupProblems } from "./request.ts";
import { entered, playground } from "./state.ts";

const EFFORTS: readonly Option[] = [
  ["", "each model’s own"],
  ["none", "none"],
  ["minimal", "minimal"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
];
const CACHES: readonly Option[] = [
  ["auto", "repeatable answers"],
  ["always", "every answer"],
  ["never", "no answer"],
];

const NUMBERS = [
  { name: "temperature", label: "Temperature", hint: "0 to 2; empty: each model’s own", min: 0, max: 2 },
  { name: "topP", label: "Top p", hint: "0 to 1: only the likeliest words, up to this share", min: 0, max: 1 },
  { name: "maxTokens", label: "Max tokens", hint: "An answer is cut after so many", min: 1, step: 1 },
  { name: "seed", label: "Seed", hint: "A number; the same one gives much the same answer", step: 1 },
] as const;

/** How to answer, and what the caches make of it. */
export function Parameters({ problems }: { readonly problems: SetupProblems }): JSX.Element {
  const setup = useStore(playground, (state) => state.setup);
  return (
    <div class="entries-grid">
      <div class="entries-wide">
        <AreaField label="System prompt" rows={2} value={setup.system} onInput={entered("system")} />
      </div>
      {NUMBERS.map(({ name, ...rest }) => (
        <NumberField key={name} {...rest} value={setup[name]} error={problems[name]} onInput={entered(name)} />
      ))}
      <SelectField label="Reasoning effort" value={setup.effort} options={EFFORTS} onInput={entered("effort")} />
      <SelectField
        label="The caches keep"
        hint="Repeatable: with temperature 0 or a seed"
        value={setup.cache}
        options={CACHES}
        onInput={entered("cache")}
      />
      <div class="entries-wide">
        <AreaField
          label="Stop at"
          hint="Texts at which an answer ends, one a line"
          rows={2}
          value={setup.stop}
          error={problems.stop}
          onInput={entered("stop")}
        />
      </div>
    </div>
  );
}
