import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { IssuedCredential } from "../../mint-server/contract/credential.ts";
import { ApiProblemView } from "../components/api-problem.tsx";
import { WorkButton } from "../components/work-button.tsx";
import { type ApiProblem, callApi } from "../state/api.ts";
import { keys } from "../state/keys.ts";
import { IssueFields } from "./issue-fields.tsx";
import { Issued } from "./issued.tsx";
import { KeyField } from "./key-field.tsx";
import { EMPTY_ORDER, type OrderEntries, orderOf } from "./order.ts";

interface Props {
  readonly onRevoke: (jti: string) => void;
}

/** Issues a credential, as a backend does. */
export function Issue({ onRevoke }: Props): JSX.Element {
  const [entries, setEntries] = useState(EMPTY_ORDER);
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const [issued, setIssued] = useState<IssuedCredential>();
  const change = (part: Partial<OrderEntries>): void => setEntries({ ...entries, ...part });
  const send = async (): Promise<void> => {
    setWorking(true);
    const asked = await callApi<IssuedCredential>("credentials", {
      method: "POST",
      key: keys.get().project,
      body: orderOf(entries),
    });
    setWorking(false);
    setProblem(asked.ok ? undefined : asked.problem);
    setIssued(asked.ok ? asked.value : undefined);
  };
  return (
    <section class="card" aria-labelledby="issue">
      <h2 id="issue">Issue one</h2>
      <form
        class="entries"
        onSubmit={(event) => {
          event.preventDefault();
          if (!working) void send();
        }}
      >
        <KeyField />
        <IssueFields entries={entries} onChange={change} problem={problem} />
        <WorkButton class="primary" busy="Issuing…" working={working}>
          Issue a credential
        </WorkButton>
      </form>
      <ApiProblemView problem={problem} />
      <div role="status">{issued && <Issued issued={issued} onRevoke={onRevoke} />}</div>
    </section>
  );
}
