import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { AskDialog } from "../components/ask-dialog.tsx";
import { TextField } from "../components/fields.tsx";
import { Icon } from "../components/icon.tsx";
import { useFocus } from "../components/use-focus.ts";
import { WorkButton } from "../components/work-button.tsx";
import { formatList } from "../format.ts";
import type { ApiProblem } from "../state/api.ts";
import type { EndpointConfig } from "./admin.ts";
import { valueAt } from "./endpoint-entries.ts";
import { EndpointForm } from "./endpoint-form.tsx";
import type { Change } from "./org.tsx";
import { providerRow } from "./provider-rows.ts";
import { type Trial, testEndpoint } from "./test-endpoint.ts";

interface Props {
  readonly org: string;
  readonly endpoints: readonly EndpointConfig[];
  readonly onChange: Change;
}

/** An organisation's endpoints. */
export function Endpoints({ org, endpoints, onChange }: Props): JSX.Element {
  /** The name of the one being edited; `null`: a new one. */
  const [edited, setEdited] = useState<string | null>();
  const [problem, setProblem] = useState<ApiProblem>();
  const heading = useRef<HTMLHeadingElement>(null);
  /** What had its form just now gets the focus back: its name, or `null` for the button that adds one. */
  const [left, setLeft] = useState<string | null>();
  const edit = (name: string | null | undefined): void => {
    setLeft(edited);
    setEdited(name);
  };
  const close = (): void => edit(undefined);
  return (
    <>
      <h3 ref={heading} tabIndex={-1}>
        Endpoints
      </h3>
      {endpoints.length === 0 && edited === undefined && (
        <p class="card-empty">There is none yet. An endpoint is a provider and the key to ask it with.</p>
      )}
      <ul class="endpoints">
        {endpoints.map((endpoint) => (
          <li key={endpoint.name}>
            {edited === endpoint.name ? (
              <EndpointForm endpoints={endpoints} before={endpoint} onChange={onChange} onClose={close} />
            ) : (
              <EndpointView
                org={org}
                endpoint={endpoint}
                left={left === endpoint.name}
                onEdit={() => edit(endpoint.name)}
                onRemove={() => {
                  heading.current?.focus();
                  void onChange(without(endpoint.name)).then(setProblem);
                }}
              />
            )}
          </li>
        ))}
      </ul>
      <ApiProblemView problem={problem} />
      {edited === null ? (
        <EndpointForm endpoints={endpoints} before={undefined} onChange={onChange} onClose={close} />
      ) : (
        <AddButton left={left === null} onClick={() => edit(null)} />
      )}
    </>
  );
}

function AddButton({ left, onClick }: { readonly left: boolean; readonly onClick: () => void }): JSX.Element {
  const button = useFocus<HTMLButtonElement>(left);
  return (
    <button ref={button} type="button" class="button" onClick={onClick}>
      <Icon name="plus" />
      Add an endpoint
    </button>
  );
}

const without =
  (name: string): Parameters<Change>[0] =>
  (config) => ({ ...config, endpoints: (config.endpoints ?? []).filter((endpoint) => endpoint.name !== name) });

interface ViewProps {
  readonly org: string;
  readonly endpoint: EndpointConfig;
  /** It comes in place of its form. */
  readonly left: boolean;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function EndpointView({ org, endpoint, left, onEdit, onRemove }: ViewProps): JSX.Element {
  const [asking, setAsking] = useState(false);
  const button = useFocus<HTMLButtonElement>(left);
  const { name, provider, baseURL, models, customModels } = endpoint;
  const row = providerRow(provider);
  const secrets = row.fields.filter(({ path, secret }) => secret && valueAt(endpoint, path) !== undefined);
  const listed = [...(models ?? []), ...Object.keys(customModels ?? {})];
  return (
    <div class="endpoint">
      <div class="card-head">
        <h4>{name}</h4>
        <div class="endpoint-end">
          <button ref={button} type="button" class="button" aria-label={`Edit ${name}`} onClick={onEdit}>
            Edit
          </button>
          <button type="button" class="button" aria-label={`Remove ${name}`} onClick={() => setAsking(true)}>
            Remove
          </button>
        </div>
      </div>
      <p>
        {row.name}
        {baseURL && ` at ${baseURL}`}
        {secrets.map(({ path, label }) => (
          <span key={path}>
            {" "}
            · {label} <code>{String(valueAt(endpoint, path)).replace("sealed:", "")}</code>
          </span>
        ))}
      </p>
      <p class="hint">{listed.length > 0 ? formatList(listed) : "Every model that this provider is known for"}</p>
      <TestLine org={org} endpoint={endpoint} />
      {asking && (
        <AskDialog title={`Remove ${name}?`} action="Remove" onDo={onRemove} onClose={() => setAsking(false)}>
          Its key goes with it. Requests that only it could serve are refused from then on.
        </AskDialog>
      )}
    </div>
  );
}

function TestLine({ org, endpoint }: Pick<ViewProps, "org" | "endpoint">): JSX.Element {
  const [model, setModel] = useState("");
  const [trial, setTrial] = useState<Trial>();
  const [working, setWorking] = useState(false);
  const test = async (): Promise<void> => {
    setWorking(true);
    setTrial(undefined);
    setTrial(await testEndpoint(org, endpoint, model));
    setWorking(false);
  };
  return (
    <form
      class="endpoint-test"
      aria-label={`Test ${endpoint.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (!working) void test();
      }}
    >
      <TextField label="Test it with" placeholder="the cheapest model" value={model} onInput={setModel} />
      <WorkButton busy="Asking…" working={working}>
        Test the key
      </WorkButton>
      <p role="status" class="trial" data-works={trial?.works}>
        {trial?.words}
      </p>
    </form>
  );
}
