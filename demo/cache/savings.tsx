import type { JSX } from "preact";
import { formatMs } from "../format.ts";
import type { Minute } from "./history.ts";
import { savingsOf } from "./series.ts";

/** What the caches saved in the time shown, in figures and their meaning. */
export function SavingsView({ history }: { readonly history: readonly Minute[] }): JSX.Element {
  const { answers, browser, asked, savedMs } = savingsOf(history);
  return (
    <dl class="figures">
      <div>
        <dt>cost nothing</dt>
        <dd>
          {answers} of {answers + asked} {answers + asked === 1 ? "answer" : "answers"}
        </dd>
      </div>
      <div>
        <dt>never left this browser</dt>
        <dd>{browser}</dd>
      </div>
      <div>
        <dt>of waiting saved, about</dt>
        <dd>{savedMs === undefined || answers === 0 ? "–" : formatMs(savedMs)}</dd>
      </div>
    </dl>
  );
}
