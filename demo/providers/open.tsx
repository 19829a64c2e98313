import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { SecretField } from "../components/fields.tsx";
import { WorkButton } from "../components/work-button.tsx";
import type { ApiProblem } from "../state/api.ts";
import { keys } from "../state/keys.ts";
import { listOrgs } from "./admin.ts";

/** Asks for the admin key, and takes it once the server does. */
export function Open({ onOpen }: { readonly onOpen: () => void }): JSX.Element {
  const [key, setKey] = useState("");
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const open = async (): Promise<void> => {
    setWorking(true);
    keys.patch({ admin: key });
    const listed = await listOrgs();
    setWorking(false);
    if (listed.ok) return onOpen();
    keys.patch({ admin: "" });
    setProblem(listed.problem);
  };
  return (
    <section class="card" aria-labelledby="open">
      <h2 id="open">For whoever runs this server</h2>
      <p>
        Organisations, their endpoints and their keys can be made and changed here while the server runs. Providers’
        keys are sealed as they arrive, and are never shown again.
      </p>
      <form
        class="entries"
        onSubmit={(event) => {
          event.preventDefault();
          if (!working) void open();
        }}
      >
        <SecretField
          label="Admin key"
          hint="The server’s setting ADMIN_KEY, of at least 32 characters. It stays in this tab’s memory and is gone after a reload."
          required
          value={key}
          onInput={setKey}
        />
        <WorkButton class="primary" busy="Opening…" working={working}>
          Open
        </WorkButton>
      </form>
      <ApiProblemView problem={problem} />
    </section>
  );
}
