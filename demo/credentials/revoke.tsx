import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { AskDialog } from "../components/ask-dialog.tsx";
import { Choice } from "../components/choice.tsx";
import { TextField } from "../components/fields.tsx";
import { WorkButton } from "../components/work-button.tsx";
import { type ApiProblem, callApi } from "../state/api.ts";
import { keys } from "../state/keys.ts";
import { KeyField } from "./key-field.tsx";

const WHAT = [
  { id: "jti", name: "One credential", label: "Its id (jti)" },
  { id: "subject", name: "All of a subject", label: "The subject" },
  { id: "all", name: "All that this key issued for its organisation", label: "" },
] as const;

type What = (typeof WHAT)[number];

/** The id that another part of the page wants revoked; `asked` changes each time. */
export interface Wanted {
  readonly jti: string;
  readonly asked: number;
}

/** Takes credentials back before they expire. */
export function Revoke({ wanted }: { readonly wanted: Wanted | undefined }): JSX.Element {
  const [what, setWhat] = useState<What>(WHAT[0]);
  const [name, setName] = useState("");
  const [working, setWorking] = useState(false);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const [done, setDone] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!wanted) return;
    setWhat(WHAT[0]);
    setName(wanted.jti);
    heading.current?.focus();
    heading.current?.scrollIntoView({ block: "start" });
  }, [wanted]);
  const send = async (): Promise<void> => {
    setWorking(true);
    setDone("");
    const body = { [what.id]: what.id === "all" ? true : name.trim() };
    const asked = await callApi("credentials/revoke", { method: "POST", key: keys.get().project, body });
    setWorking(false);
    setProblem(asked.ok ? undefined : asked.problem);
    if (asked.ok) setDone("Revoked. Requests are refused from now on, and running answers end within two seconds.");
  };
  return (
    <section class="card" aria-labelledby="revoke">
      <h2 id="revoke" ref={heading} tabIndex={-1}>
        Revoke
      </h2>
      <form
        class="entries"
        onSubmit={(event) => {
          event.preventDefault();
          if (what.id === "all") setAsking(true);
          else if (!working) void send();
        }}
      >
        <KeyField />
        <Choice name="revoke-what" title="What to revoke" all={WHAT} chosen={what} onChoose={setWhat} />
        {what.id !== "all" && <TextField label={what.label} required maxLength={256} value={name} onInput={setName} />}
        <WorkButton class="danger" busy="Revoking…" working={working}>
          {what.id === "all" ? "Revoke all…" : "Revoke"}
        </WorkButton>
      </form>
      <ApiProblemView problem={problem} />
      <p role="status">{done}</p>
      {asking && (
        <AskDialog
          title="Revoke every credential?"
          action="Revoke all"
          onDo={() => void send()}
          onClose={() => setAsking(false)}
        >
          Whoever uses one now is cut off. Browsers that may sign in get a new one by themselves.
        </AskDialog>
      )}
    </section>
  );
}
