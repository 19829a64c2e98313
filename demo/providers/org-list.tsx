import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { AreaField, TextField } from "../components/fields.tsx";
import { useFocus } from "../components/use-focus.ts";
import { WorkButton } from "../components/work-button.tsx";
import type { ApiProblem } from "../state/api.ts";
import { createOrg, type OrgRow } from "./admin.ts";

interface Props {
  readonly orgs: readonly OrgRow[];
  readonly more: boolean;
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
  readonly onMore: () => void;
  readonly onMade: (name: string) => void;
}

const SECRETS = { current: "", older: "sealed under an older secret", removed: "cannot be read: its secret is gone" };

/** Every organisation of the server, and a form for one more. */
export function OrgList({ orgs, more, chosen, onChoose, onMore, onMade }: Props): JSX.Element {
  // It comes in place of the form that asked for the key.
  const heading = useFocus<HTMLHeadingElement>();
  return (
    <section class="card" aria-labelledby="orgs">
      <h2 id="orgs" ref={heading} tabIndex={-1}>
        Organisations
      </h2>
      {orgs.length === 0 && <p class="hint">There is none yet.</p>}
      <ul class="orgs">
        {orgs.map(({ name, source, secret = "current", updated_at: updated }) => (
          <li key={name}>
            {source === "settings" ? (
              <span class="org-name">{name}</span>
            ) : (
              <button
                type="button"
                class="link org-name"
                aria-current={name === chosen ? "true" : undefined}
                onClick={() => onChoose(name)}
              >
                {name}
              </button>
            )}
            <span class="hint">
              {source === "settings" ? "from the settings, and changed there" : SECRETS[secret] || changedAt(updated)}
            </span>
          </li>
        ))}
      </ul>
      {more && (
        <button type="button" class="button" onClick={onMore}>
          Show more
        </button>
      )}
      <NewOrg onMade={onMade} />
    </section>
  );
}

function changedAt(seconds = 0): string {
  return `changed ${new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`;
}

function NewOrg({ onMade }: { readonly onMade: (name: string) => void }): JSX.Element {
  const [name, setName] = useState("");
  const [origins, setOrigins] = useState("");
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const make = async (): Promise<void> => {
    setWorking(true);
    const list = origins.split(/[\s,]+/).filter(Boolean);
    const made = await createOrg(name, list.length > 0 ? { origins: list } : {});
    setWorking(false);
    setProblem(made.ok ? undefined : made.problem);
    if (!made.ok) return;
    setName("");
    setOrigins("");
    onMade(name);
  };
  return (
    <details class="fold">
      <summary>
        <h3>Make an organisation</h3>
      </summary>
      <form
        class="entries"
        onSubmit={(event) => {
          event.preventDefault();
          if (!working) void make();
        }}
      >
        <TextField
          label="Name"
          hint="Letters, digits, dots, dashes and underscores"
          required
          maxLength={64}
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
          value={name}
          onInput={setName}
        />
        <AreaField
          label="Origins"
          hint="Of its pages, one a line"
          mono
          rows={2}
          placeholder="https://app.example"
          value={origins}
          onInput={setOrigins}
        />
        <WorkButton busy="Making it…" working={working}>
          Make it
        </WorkButton>
      </form>
      <ApiProblemView problem={problem} />
    </details>
  );
}
