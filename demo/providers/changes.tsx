import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiProblemView } from "../components/api-problem.tsx";
import type { ApiProblem } from "../state/api.ts";
import { type AuditRow, listChanges } from "./admin.ts";

const ACTIONS: Readonly<Record<string, string>> = {
  "org.create": "made",
  "org.update": "changed",
  "org.delete": "deleted",
  "org.reseal": "sealed anew",
  "key.create": "project key made",
  "key.delete": "project key deleted",
};

/** Who changed what, newest first. */
export function Changes(): JSX.Element {
  const [rows, setRows] = useState<readonly AuditRow[]>();
  const [problem, setProblem] = useState<ApiProblem>();
  const look = async (): Promise<void> => {
    const asked = await listChanges();
    if (asked.ok) setRows(asked.value.data);
    setProblem(asked.ok ? undefined : asked.problem);
  };
  return (
    <details class="card fold" onToggle={(event) => event.currentTarget.open && void look()}>
      <summary>
        <h2>Who changed what</h2>
      </summary>
      <ApiProblemView problem={problem} />
      {!rows && !problem && <p class="hint">Loading…</p>}
      {rows?.length === 0 && <p class="hint">Nothing was changed yet.</p>}
      {rows && rows.length > 0 && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys, too. */}
          <section class="scroll-box" aria-label="Changes" tabIndex={0}>
            <table class="data-table data-words">
              <thead>
                <tr>
                  {["When", "Organisation", "What", "Which", "By"].map((name) => (
                    <th scope="col" key={name}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map(({ id, at, org, action, detail, actor }) => (
                  <tr key={id}>
                    <th scope="row">
                      {new Date(at * 1000).toLocaleString([], { dateStyle: "short", timeStyle: "short" })}
                    </th>
                    <td>{org}</td>
                    <td>{ACTIONS[action] ?? action}</td>
                    <td>{detail || "–"}</td>
                    <td>{actor.replace(/^key:/, "admin key ")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
    </details>
  );
}
