import type { JSX } from "preact";
import { GRANTABLE_ENDPOINTS } from "../../mint-server/contract/endpoints.ts";
import { CheckList } from "../components/check-list.tsx";
import { AreaField, NumberField, SelectField, TextField } from "../components/fields.tsx";
import type { ApiProblem } from "../state/api.ts";
import { app } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import { endpointWord } from "../story.ts";
import { FEATURE_OPTIONS, LIMITS, type OrderEntries, SPANS } from "./order.ts";

/** Which field of the form is meant by one of the request's, and where the form says what is wrong. */
const MEANT: Readonly<Record<string, keyof OrderEntries>> = {
  ttl_seconds: "ttlMinutes",
  logging: "project",
};

interface FieldsProps {
  readonly entries: OrderEntries;
  readonly onChange: (part: Partial<OrderEntries>) => void;
  readonly problem: ApiProblem | undefined;
}

/** What a credential may do, for how long, and how much. */
export function IssueFields({ entries, onChange, problem }: FieldsProps): JSX.Element {
  const models = useStore(app, (state) => state.models);
  const [param = ""] = problem?.param?.split(/[.[]/) ?? [];
  const errorOf = (name: keyof OrderEntries): string | undefined =>
    (MEANT[param] ?? param) === name ? problem?.sentence : undefined;
  const { ttlMinutes, subject, origins, project, endpoints } = entries;
  return (
    <>
      <div class="entries-grid">
        <TextField
          label="Models"
          hint="Separated by commas; * may end a name. Empty: all of them"
          list="credential-models"
          placeholder="gpt-4o*"
          value={entries.models}
          error={errorOf("models")}
          onInput={(value) => onChange({ models: value })}
        />
        <NumberField
          label="Minutes to live"
          hint="Up to a day: 1440"
          min={0.05}
          max={1440}
          value={ttlMinutes}
          error={errorOf("ttlMinutes")}
          onInput={(value) => onChange({ ttlMinutes: value })}
        />
        <TextField
          label="Subject"
          hint="Whom it speaks for. Empty: the key"
          maxLength={256}
          placeholder="user-42"
          value={subject}
          error={errorOf("subject")}
          onInput={(value) => onChange({ subject: value })}
        />
        <TextField
          label="Logging project"
          hint="Under which its requests are filed"
          maxLength={256}
          value={project}
          error={errorOf("project")}
          onInput={(value) => onChange({ project: value })}
        />
      </div>
      <datalist id="credential-models">
        {models.map(({ id }) => (
          <option key={id} value={id} />
        ))}
      </datalist>
      <LimitFields entries={entries} onChange={onChange} error={errorOf("limits")} />
      <details class="fold">
        <summary>
          <h3>Kinds of request, origins, features</h3>
        </summary>
        <CheckList
          title="Kinds of request"
          hint="None chosen: every kind"
          all={GRANTABLE_ENDPOINTS.map((name) => [name, endpointWord(name)])}
          chosen={endpoints}
          onChange={(chosen) => onChange({ endpoints: chosen })}
        />
        <CheckList
          title="Features"
          hint="Beyond one plain answer"
          all={FEATURE_OPTIONS}
          chosen={entries.features}
          onChange={(chosen) => onChange({ features: chosen })}
        />
        <AreaField
          label="Origins"
          hint="Of the pages that may use it, one a line. Empty: any, or none"
          rows={2}
          mono
          placeholder="https://app.example"
          value={origins}
          error={errorOf("origins")}
          onInput={(value) => onChange({ origins: value })}
        />
      </details>
    </>
  );
}

function LimitFields({
  entries: { limits, per },
  onChange,
  error,
}: Omit<FieldsProps, "problem"> & { readonly error: string | undefined }): JSX.Element {
  return (
    <fieldset class="entries-group">
      <legend>Limits</legend>
      <div class="entries-grid">
        {LIMITS.map(({ name, label, step }) => (
          <NumberField
            key={name}
            label={label}
            min={0}
            step={step}
            placeholder="no limit"
            value={limits[name] ?? ""}
            onInput={(value) => onChange({ limits: { ...limits, [name]: value } })}
          />
        ))}
        <SelectField
          label="Counted over"
          value={per}
          options={SPANS}
          onInput={(value) => onChange({ per: value as OrderEntries["per"] })}
        />
      </div>
      {error && <p class="entry-error">{error}</p>}
    </fieldset>
  );
}
