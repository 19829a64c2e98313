import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { OfflineBanner } from "../components/offline-banner.tsx";
import { listOrgs, type OrgRow } from "../providers/admin.ts";
import { Changes } from "../providers/changes.tsx";
import { Open } from "../providers/open.tsx";
import { Org } from "../providers/org.tsx";
import { OrgList } from "../providers/org-list.tsx";
import type { ApiProblem } from "../state/api.ts";
import { keys } from "../state/keys.ts";
import { useStore } from "../state/store.ts";
import "../styles/console.css";

/** Organisations, endpoints and keys, for whoever has the admin key. */
export function ProvidersPage(): JSX.Element {
  const isOpen = useStore(keys, ({ admin }) => admin !== "");
  const [opened, setOpened] = useState(isOpen);
  return (
    <>
      <OfflineBanner />
      {opened && isOpen ? <Orgs onClose={() => setOpened(false)} /> : <Open onOpen={() => setOpened(true)} />}
    </>
  );
}

function Orgs({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [orgs, setOrgs] = useState<readonly OrgRow[]>();
  const [more, setMore] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const [problem, setProblem] = useState<ApiProblem>();
  const load = async (after?: string): Promise<void> => {
    const listed = await listOrgs(after);
    setProblem(listed.ok ? undefined : listed.problem);
    if (!listed.ok) return;
    setOrgs((before = []) => (after === undefined ? listed.value.data : [...before, ...listed.value.data]));
    setMore(listed.value.has_more);
  };
  useEffect(() => void load(), []);
  const choose = (name: string | undefined): void => {
    setChosen(name);
    if (name === undefined) document.getElementById("orgs")?.focus();
    void load();
  };
  return (
    <>
      <div class="card-head">
        <p class="hint">Open with the admin key, in this tab alone.</p>
        <button
          type="button"
          class="button"
          onClick={() => {
            keys.patch({ admin: "" });
            onClose();
          }}
        >
          Forget the key
        </button>
      </div>
      <ApiProblemView problem={problem} />
      {!orgs && !problem && <p class="hint">Loading…</p>}
      {orgs && (
        <OrgList
          orgs={orgs}
          more={more}
          chosen={chosen}
          onChoose={setChosen}
          onMore={() => void load(orgs.at(-1)?.name)}
          onMade={choose}
        />
      )}
      {chosen !== undefined && <Org key={chosen} name={chosen} onDeleted={() => choose(undefined)} />}
      <Changes />
    </>
  );
}
