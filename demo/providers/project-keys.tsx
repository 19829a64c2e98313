import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { AskDialog } from "../components/ask-dialog.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { WorkButton } from "../components/work-button.tsx";
import type { ApiProblem } from "../state/api.ts";
import { deleteKey, type MadeKey, makeKey } from "./admin.ts";

interface Props {
  readonly org: string;
  /** Marks, such as `sealed:k_4f1c…9d4e`. */
  readonly keys: readonly string[];
  readonly onChange: () => Promise<void>;
}

/** An organisation's project keys. A new one is shown once. */
export function ProjectKeys({ org, keys, onChange }: Props): JSX.Element {
  const [made, setMade] = useState<MadeKey>();
  const heading = useRef<HTMLHeadingElement>(null);
  const [working, setWorking] = useState(false);
  const [asking, setAsking] = useState<string>();
  const [problem, setProblem] = useState<ApiProblem>();
  const make = async (): Promise<void> => {
    setWorking(true);
    const asked = await makeKey(org);
    if (asked.ok) setMade(asked.value);
    setProblem(asked.ok ? undefined : asked.problem);
    await onChange();
    setWorking(false);
  };
  const remove = async (id: string): Promise<void> => {
    heading.current?.focus();
    const asked = await deleteKey(org, id);
    if (made?.id === id) setMade(undefined);
    setProblem(asked.ok ? undefined : asked.problem);
    await onChange();
  };
  return (
    <>
      <h3 ref={heading} tabIndex={-1}>
        Project keys
      </h3>
      {keys.length === 0 && <p class="hint">There is none yet. A backend issues credentials with one.</p>}
      <ul class="project-keys">
        {keys.map((mark) => (
          <li key={mark}>
            <code>{mark.replace("sealed:", "")}</code>
            <button
              type="button"
              class="button"
              aria-label={`Delete the key ${idOf(mark)}`}
              onClick={() => setAsking(idOf(mark))}
            >
              Delete
            </button>
          </li>
        ))}
      </ul>
      <WorkButton busy="Making it…" working={working} onClick={() => void make()}>
        Make a project key
      </WorkButton>
      <div role="status">
        {made && (
          <div class="made-key">
            <p>
              <strong>This key is shown only now.</strong> Copy it to where your backend keeps its secrets.
            </p>
            <p class="issued-key">
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys, too. */}
              <code tabIndex={0}>{made.key}</code>
              <CopyButton text={made.key} label="Copy the project key" />
            </p>
          </div>
        )}
      </div>
      <ApiProblemView problem={problem} />
      {asking !== undefined && (
        <AskDialog
          title="Delete this project key?"
          action="Delete"
          onDo={() => void remove(asking)}
          onClose={() => setAsking(undefined)}
        >
          Whoever uses it is refused from then on. Credentials that it issued live on until they expire or are revoked.
        </AskDialog>
      )}
    </>
  );
}

function idOf(mark: string): string {
  return /^sealed:(.+?)…/.exec(mark)?.[1] ?? mark;
}
