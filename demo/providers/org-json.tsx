import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { AreaField } from "../components/fields.tsx";
import { WorkButton } from "../components/work-button.tsx";
import { isRecord, readJson } from "../playground/read-json.ts";
import type { ApiProblem } from "../state/api.ts";
import type { OrgConfig } from "./admin.ts";
import type { Change } from "./org.tsx";

interface Props {
  readonly config: OrgConfig;
  readonly onChange: Change;
}

/** All of an organisation but its keys, for what has no form here: sessions, limits, templates. */
export function OrgJson({ config, onChange }: Props): JSX.Element {
  const { keys: _keys, ...rest } = config;
  const stored = JSON.stringify(rest, undefined, 2);
  const [text, setText] = useState<string>();
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const read = readJson(text ?? stored);
  const wrong = read.ok ? (isRecord(read.value) ? undefined : "This must be an object.") : read.problem;
  const save = async (): Promise<void> => {
    if (!read.ok || !isRecord(read.value)) return;
    const given = read.value;
    setWorking(true);
    const refused = await onChange(() => given);
    setWorking(false);
    setProblem(refused);
    if (!refused) setText(undefined);
  };
  return (
    <details class="fold">
      <summary>
        <h3>All of it, as JSON</h3>
      </summary>
      <form
        class="entries"
        onSubmit={(event) => {
          event.preventDefault();
          if (!working && !wrong) void save();
        }}
      >
        <AreaField
          label="Settings of this organisation"
          hint="As MINT_CONFIG has them. What says “sealed” stays as it is."
          error={wrong}
          mono
          rows={14}
          value={text ?? stored}
          onInput={setText}
        />
        <WorkButton busy="Saving…" working={working}>
          Save this
        </WorkButton>
      </form>
      <ApiProblemView problem={problem} />
    </details>
  );
}
