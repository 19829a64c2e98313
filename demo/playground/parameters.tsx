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
/** Repeatable: asked with temperature 0 or a seed. */
const CACHES: readonly Option[] = [
  ["auto", "repeatable answers"],
  ["always", "every answer"],
  ["never", "no answer"],
];

/** How to answer, and what the caches make of it. */
export function Parameters({ problems }: { readonly problems: SetupProblems }): JSX.Element {
  const { system, temperature, topP, maxTokens, seed, stop, effort, cache } = useStore(
    playground,
    ({ setup }) => setup,
  );
  return (
    <div class="entries-grid">
      <div class="entries-wide">
        <AreaField label="System prompt" rows={2} value={system} onInput={entered("system")} />
      </div>
      <NumberField
        label="Temperature"
        hint="0 to 2; empty: each model’s own"
        min={0}
        max={2}
        value={temperature}
        error={problems.temperature}
        onInput={entered("temperature")}
      />
      <NumberField
        label="Top p"
        hint="0 to 1: of which share of the words"
        min={0}
        max={1}
        value={topP}
        error={problems.topP}
        onInput={entered("topP")}
      />
      <NumberField
        label="Max tokens"
        hint="Where an answer is cut"
        min={1}
        step={1}
        value={maxTokens}
        error={problems.maxTokens}
        onInput={entered("maxTokens")}
      />
      <NumberField
        label="Seed"
        hint="The same one, much the same answer"
        step={1}
        value={seed}
        error={problems.seed}
        onInput={entered("seed")}
      />
      <SelectField label="Reasoning effort" value={effort} options={EFFORTS} onInput={entered("effort")} />
      <SelectField label="The caches keep" value={cache} options={CACHES} onInput={entered("cache")} />
      <div class="entries-wide">
        <AreaField
          label="Stop at"
          hint="Texts at which an answer ends, one a line"
          rows={2}
          value={stop}
          error={problems.stop}
          onInput={entered("stop")}
        />
      </div>
    </div>
  );
}
