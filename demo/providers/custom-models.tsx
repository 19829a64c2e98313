import type { JSX } from "preact";
import { NumberField, type Option, SelectField, TextField } from "../components/fields.tsx";
import { Icon } from "../components/icon.tsx";
import { type ModelEntries, NEW_MODEL } from "./endpoint-entries.ts";

const FLAVORS: readonly Option[] = [
  ["chat", "chat"],
  ["completion", "text completion"],
];
const FORMATS: readonly Option[] = [
  ["openai", "OpenAI"],
  ["anthropic", "Anthropic"],
  ["google", "Gemini"],
];

interface Props {
  readonly models: readonly ModelEntries[];
  readonly onChange: (models: readonly ModelEntries[]) => void;
}

/** Models that the server does not know: what they are, and what they cost. */
export function CustomModels({ models, onChange }: Props): JSX.Element {
  return (
    <fieldset class="entries-group">
      <legend>Custom models</legend>
      {models.map((model, at) => (
        <CustomModelFields
          key={at}
          at={at}
          model={model}
          onChange={(part) => onChange(models.map((one, index) => (index === at ? { ...one, ...part } : one)))}
          onRemove={() => onChange(models.filter((_, index) => index !== at))}
        />
      ))}
      <button type="button" class="button" onClick={() => onChange([...models, NEW_MODEL])}>
        <Icon name="plus" />
        Add a custom model
      </button>
    </fieldset>
  );
}

interface FieldsProps {
  readonly at: number;
  readonly model: ModelEntries;
  readonly onChange: (part: Partial<ModelEntries>) => void;
  readonly onRemove: () => void;
}

function CustomModelFields({ at, model, onChange, onRemove }: FieldsProps): JSX.Element {
  const { id, flavor, format, multimodal, inputCost, outputCost } = model;
  return (
    <fieldset class="entries-grid custom-model">
      <legend class="visually-hidden">Custom model {at + 1}</legend>
      <TextField label="Model id" required value={id} onInput={(value) => onChange({ id: value })} />
      <SelectField label="Kind" value={flavor} options={FLAVORS} onInput={(value) => onChange({ flavor: value })} />
      <SelectField
        label="Speaks the API of"
        value={format}
        options={FORMATS.some(([one]) => one === format) ? FORMATS : [...FORMATS, [format, format]]}
        onInput={(value) => onChange({ format: value })}
      />
      <NumberField
        label="$ per million tokens in"
        min={0}
        value={inputCost}
        onInput={(value) => onChange({ inputCost: value })}
      />
      <NumberField
        label="$ per million tokens out"
        min={0}
        value={outputCost}
        onInput={(value) => onChange({ outputCost: value })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={multimodal}
          onChange={(event) => onChange({ multimodal: event.currentTarget.checked })}
        />
        Takes pictures
      </label>
      <button
        type="button"
        class="button"
        onClick={({ currentTarget }) => {
          currentTarget.closest(".entries-group")?.querySelector<HTMLElement>(":scope > button")?.focus();
          onRemove();
        }}
      >
        Remove this model
      </button>
    </fieldset>
  );
}
