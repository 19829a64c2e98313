import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { AreaField, NumberField, SecretField, SelectField, TextField } from "../components/fields.tsx";
import { useFocus } from "../components/use-focus.ts";
import { WorkButton } from "../components/work-button.tsx";
import type { ApiProblem } from "../state/api.ts";
import type { EndpointConfig } from "./admin.ts";
import { CustomModels } from "./custom-models.tsx";
import { type EndpointEntries, endpointOf, entriesOf, NEW_ENDPOINT, valueAt } from "./endpoint-entries.ts";
import type { Change } from "./org.tsx";
import { type FieldRow, PROVIDER_ROWS, providerRow } from "./provider-rows.ts";

interface Props {
  readonly endpoints: readonly EndpointConfig[];
  /** Absent for a new one. */
  readonly before: EndpointConfig | undefined;
  readonly onChange: Change;
  readonly onClose: () => void;
}

/** Adds an endpoint, or changes one. */
export function EndpointForm({ endpoints, before, onChange, onClose }: Props): JSX.Element {
  const [entries, setEntries] = useState(() => (before ? entriesOf(before) : unusedName(endpoints)));
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const change = (part: Partial<EndpointEntries>): void => setEntries({ ...entries, ...part });
  const form = useFocus<HTMLFormElement>();
  const isTaken = endpoints.some(({ name }) => name === entries.name && name !== before?.name);
  const save = async (): Promise<void> => {
    setWorking(true);
    const refused = await onChange((config) => {
      const made = endpointOf(entries, before);
      const list = config.endpoints ?? [];
      return {
        ...config,
        endpoints: before ? list.map((one) => (one.name === before.name ? made : one)) : [...list, made],
      };
    });
    setWorking(false);
    setProblem(refused);
    if (!refused) onClose();
  };
  return (
    <form
      ref={form}
      tabIndex={-1}
      class="entries endpoint"
      aria-label={before ? `Endpoint ${before.name}` : "New endpoint"}
      onSubmit={(event) => {
        event.preventDefault();
        if (!working && !isTaken) void save();
      }}
    >
      <div class="entries-grid">
        <SelectField
          label="Provider"
          value={entries.provider}
          options={PROVIDER_ROWS.map(({ id, name }) => [id, name])}
          onInput={(provider) =>
            change({ provider, values: {}, ...(entries.name === entries.provider && { name: provider }) })
          }
        />
        <TextField
          label="Name"
          required
          hint="By which requests may ask for it"
          error={isTaken ? "Another endpoint has this name." : undefined}
          value={entries.name}
          onInput={(name) => change({ name })}
        />
        {providerRow(entries.provider).fields.map((field) => (
          <ProviderField key={field.path} field={field} entries={entries} before={before} onChange={change} />
        ))}
        <AreaField
          label="Models"
          hint="One a line. Empty: every one that the provider is known for"
          rows={2}
          mono
          value={entries.models}
          onInput={(models) => change({ models })}
        />
        <NumberField
          label="Weight"
          hint="Its share among endpoints that can serve the same"
          min={0}
          placeholder="1"
          value={entries.weight}
          onInput={(weight) => change({ weight })}
        />
      </div>
      <CustomModels models={entries.customModels} onChange={(customModels) => change({ customModels })} />
      <ApiProblemView problem={problem} />
      <div class="endpoint-end">
        <WorkButton class="primary" busy="Saving…" working={working}>
          Save
        </WorkButton>
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function unusedName(endpoints: readonly EndpointConfig[]): EndpointEntries {
  const isTaken = endpoints.some(({ name }) => name === NEW_ENDPOINT.name);
  return isTaken ? { ...NEW_ENDPOINT, name: `${NEW_ENDPOINT.name}-${endpoints.length + 1}` } : NEW_ENDPOINT;
}

interface FieldProps {
  readonly field: FieldRow;
  readonly entries: EndpointEntries;
  readonly before: EndpointConfig | undefined;
  readonly onChange: (part: Partial<EndpointEntries>) => void;
}

function ProviderField({ field, entries, before, onChange }: FieldProps): JSX.Element {
  const { path, label, secret, required, hint } = field;
  const stored = secret && before?.provider === entries.provider ? valueAt(before, path) : undefined;
  const parts = {
    label,
    value: entries.values[path] ?? "",
    onInput: (value: string) => onChange({ values: { ...entries.values, [path]: value } }),
    ...(required && stored === undefined && { required: true }),
  };
  if (!secret) return <TextField {...parts} hint={hint} />;
  const kept = `Stored, and ends in ${String(stored).replace("sealed:", "")}. Empty: it stays`;
  return (
    <SecretField {...parts} hint={stored === undefined ? (hint ?? "Sealed as it arrives, never shown again") : kept} />
  );
}
