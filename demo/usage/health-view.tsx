import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import { SelectField } from "../components/fields.tsx";
import { formatUsd } from "../format.ts";
import { listOrgs } from "../providers/admin.ts";
import { type ApiProblem, callApi } from "../state/api.ts";
import { keys } from "../state/keys.ts";
import { useStore } from "../state/store.ts";
import { type EndpointHealth, type OrgUsage, tellFirstByte, tellHealth } from "./health.ts";

const LOOK_EVERY_MS = 5000;

/** How endpoints do, as it is now: for whoever has the admin key. */
export function HealthView(): JSX.Element {
  const admin = useStore(keys, (state) => state.admin);
  return (
    <section class="card" aria-labelledby="health">
      <h2 id="health">Endpoints, as the server sees them</h2>
      {admin ? (
        <OrgHealth admin={admin} />
      ) : (
        <p class="hint">
          Which endpoint is healthy and which rests is for whoever runs this server: enter the admin key in{" "}
          <a href="#/providers">AI providers</a>, and come back.
        </p>
      )}
    </section>
  );
}

function OrgHealth({ admin }: { readonly admin: string }): JSX.Element {
  const [org, setOrg] = useState("default");
  const [orgs, setOrgs] = useState<readonly string[]>(["default"]);
  const { usage, problem } = useOrgUsage(org, admin);
  useEffect(() => {
    void listOrgs().then((listed) => {
      if (!listed.ok || listed.value.data.length === 0) return;
      const names = listed.value.data.map(({ name }) => name);
      setOrgs(names);
      if (!names.includes(org)) setOrg(names[0] ?? org);
    });
  }, []);
  const health = usage?.instance?.health ?? [];
  return (
    <>
      {orgs.length > 1 && (
        <SelectField label="Organisation" value={org} options={orgs.map((name) => [name, name])} onInput={setOrg} />
      )}
      <ApiProblemView problem={problem} />
      {!usage && !problem && <p class="hint">Loading…</p>}
      {usage && <Today used={usage.used} />}
      {usage && health.length === 0 && (
        <p class="hint">No endpoint of {org} was asked lately, by the instance that answers here.</p>
      )}
      {health.length > 0 && <HealthTable rows={health} />}
    </>
  );
}

function Today({ used: { requests, tokens, usd } }: Pick<OrgUsage, "used">): JSX.Element {
  return (
    <p class="hint numbers">
      Counted against limits today: {requests.toLocaleString("en")} requests, {tokens.toLocaleString("en")} tokens,{" "}
      {formatUsd(usd)}.
    </p>
  );
}

function HealthTable({ rows }: { readonly rows: readonly EndpointHealth[] }): JSX.Element {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys, too. */}
      <section class="scroll-box" aria-label="Health of endpoints" tabIndex={0}>
        <table class="data-table data-words">
          <thead>
            <tr>
              {["Endpoint", "Model", "How it does", "First byte", "Failed in a row", "Seen by"].map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.endpoint} ${row.model} ${row.seen_by}`}>
                <th scope="row">{row.endpoint}</th>
                <td>{row.model}</td>
                <td data-bad={!tellHealth(row).isWell}>{tellHealth(row).words}</td>
                <td>{tellFirstByte(row)}</td>
                <td>{row.failures_in_a_row}</td>
                <td>{row.seen_by === "answers" ? "answers under way" : "this instance"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function useOrgUsage(org: string, key: string) {
  const [usage, setUsage] = useState<OrgUsage>();
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    let left = false;
    const look = async (): Promise<void> => {
      const asked = await callApi<OrgUsage>(`admin/usage?org=${encodeURIComponent(org)}`, { key });
      if (left) return;
      if (asked.ok) setUsage(asked.value);
      setProblem(asked.ok ? undefined : asked.problem);
    };
    setUsage(undefined);
    void look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [org, key]);
  return { usage, problem };
}
