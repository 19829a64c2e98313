import type { JSX } from "preact";
import { formatUsd } from "../format.ts";
import { app, ON_DEVICE } from "../state/app.ts";
import { changeSettings } from "../state/conversations.ts";
import { groupModels } from "../state/groups.ts";
import { useStore } from "../state/store.ts";
import type { ModelEntry } from "../state/types.ts";

/** The models that this browser may use, grouped by provider. A native list: it copes with hundreds on any device. */
export function ModelPicker(): JSX.Element {
  const models = useStore(app, (state) => state.models);
  const chosen = useStore(app, (state) => state.current.settings.model);
  const known = models.some((model) => model.id === chosen);
  return (
    <div class="picker">
      <label class="visually-hidden" for="model">
        Model
      </label>
      <select id="model" value={chosen} onChange={(event) => changeSettings({ model: event.currentTarget.value })}>
        {!known && <option value={chosen}>{chosen}</option>}
        {groupModels(models).map(([provider, entries]) => (
          <optgroup key={provider} label={provider}>
            {entries.map((model) => (
              <option key={model.id} value={model.id}>
                {model.id}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <p class="picker-note">
        <Note model={models.find((model) => model.id === chosen)} />
      </p>
    </div>
  );
}

function Note({ model }: { readonly model: ModelEntry | undefined }): JSX.Element | null {
  if (!model) return null;
  if (model.format === "js") {
    return (
      <>
        <span class="wide-only">built in · </span>not a language model
      </>
    );
  }
  if (model.id === ON_DEVICE) {
    return (
      <>
        your browser’s own<span class="wide-only"> · nothing is sent</span>
      </>
    );
  }
  const { inputCost, outputCost, providers } = model;
  return (
    <>
      {providers[0]}
      {inputCost !== null && outputCost !== null && (
        <span class="wide-only">
          {` · ${formatUsd(inputCost)} in, ${formatUsd(outputCost)} out per million tokens`}
        </span>
      )}
    </>
  );
}
