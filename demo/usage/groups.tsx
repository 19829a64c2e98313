import type { JSX } from "preact";
import { formatMs, formatUsd } from "../format.ts";
import type { Group } from "./summary.ts";

interface Props {
  readonly title: string;
  readonly id: string;
  readonly groups: readonly Group[];
}

/** A table of models or endpoints. */
export function Groups({ title, id, groups }: Props): JSX.Element {
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys, too. */}
      <section class="scroll-box" aria-label={`${title}, as a table`} tabIndex={0}>
        <table class="data-table">
          <thead>
            <tr>
              {["Name", "Requests", "Failed", "From a cache", "Tokens", "Cost", "Half took", "95 % took"].map(
                (name) => (
                  <th scope="col" key={name}>
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.name}>
                <th scope="row" title={group.name}>
                  {group.name}
                </th>
                <td>{group.requests}</td>
                <td data-bad={group.failed > 0}>{group.failed}</td>
                <td>{Math.round(group.cachedShare * 100)} %</td>
                <td>{group.tokens.toLocaleString("en")}</td>
                <td>{formatUsd(group.usd)}</td>
                <td>{group.p50Ms === undefined ? "–" : formatMs(group.p50Ms)}</td>
                <td>{group.p95Ms === undefined ? "–" : formatMs(group.p95Ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
