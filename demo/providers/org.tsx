import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { AskDialog } from "../components/ask-dialog.tsx";
import type { ApiProblem, Asked } from "../state/api.ts";
import { notify } from "../state/app.ts";
import { changeOrg, deleteOrg, getOrg, type OrgConfig } from "./admin.ts";
import { Endpoints } from "./endpoints.tsx";
import { OrgJson } from "./org-json.tsx";
import { ProjectKeys } from "./project-keys.tsx";

interface Props {
  readonly name: string;
  readonly onDeleted: () => void;
}

/** Changes the organisation and says what came of it. */
export type Change = (change: (config: OrgConfig) => OrgConfig) => Promise<ApiProblem | undefined>;

/** One organisation: its endpoints, its project keys, and all of it as JSON. */
export function Org({ name, onDeleted }: Props): JSX.Element {
  const [config, setConfig] = useState<OrgConfig>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const show = (asked: Asked<OrgConfig>): void => {
    if (asked.ok) setConfig(asked.value);
    setProblem(asked.ok ? undefined : asked.problem);
  };
  const load = (): Promise<void> => getOrg(name).then(show);
  useEffect(() => {
    setConfig(undefined);
    void load();
    heading.current?.focus();
  }, [name]);
  const change: Change = async (to) => {
    setBusy(true);
    const changed = await changeOrg(name, to);
    setBusy(false);
    if (!changed.ok) return changed.problem;
    setConfig(changed.value);
    notify({ text: "Saved." });
    return undefined;
  };
  const remove = async (): Promise<void> => {
    setBusy(true);
    const deleted = await deleteOrg(name);
    setBusy(false);
    if (deleted.ok) onDeleted();
    else setProblem(deleted.problem);
  };
  return (
    <section class="card org" aria-labelledby="org" aria-busy={busy || (!config && !problem)}>
      <div class="card-head">
        <h2 id="org" ref={heading} tabIndex={-1}>
          {name}
        </h2>
        <button type="button" class="button danger" onClick={() => setAsking(true)}>
          Delete…
        </button>
      </div>
      <p role="status">{busy && <progress aria-label="Working" />}</p>
      {!config && !problem && <p class="hint">Loading…</p>}
      <ApiProblemView problem={problem} />
      {config && (
        <>
          <Endpoints org={name} endpoints={config.endpoints ?? []} onChange={change} />
          <ProjectKeys org={name} keys={config.keys ?? []} onChange={load} />
          <OrgJson config={config} onChange={change} />
        </>
      )}
      {asking && (
        <AskDialog
          title={`Delete ${name}?`}
          action="Delete"
          onDo={() => void remove()}
          onClose={() => setAsking(false)}
        >
          Its endpoints and keys go with it, and its credentials are revoked for good.
        </AskDialog>
      )}
    </section>
  );
}
