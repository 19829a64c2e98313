import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Choice } from "../components/choice.tsx";
import { SPANS, type Span } from "../plot/spans.ts";
import { TimeColumns, timeOf } from "../plot/time-columns.tsx";
import { useSpan } from "../plot/use-span.ts";
import { loadHistory, type Minute, onHistory } from "./history.ts";
import { SavingsView } from "./savings.tsx";
import { firstMinute, type Slot, slotsOf } from "./series.ts";

const KINDS = [
  { id: "browser", name: "this browser’s cache" },
  { id: "edge", name: "the server’s cache" },
  { id: "asked", name: "a model" },
] as const;

const SOURCE = {
  load: (span: Span, nowMs: number) => loadHistory(firstMinute(span, nowMs)),
  watch: onHistory,
};

/** Where answers came from, over time. */
export function History(): JSX.Element {
  const [span, setSpan] = useState(SPANS[0]);
  const { loaded: history, nowMs } = useSpan(SOURCE, span);
  return (
    <section class="card" aria-labelledby="history">
      <div class="card-head">
        <h2 id="history">Where answers came from</h2>
        <Choice name="span" title="Time shown" all={SPANS} chosen={span} onChoose={setSpan} />
      </div>
      {history && <Answers history={history} slots={slotsOf(history, span, nowMs)} span={span} />}
    </section>
  );
}

interface AnswersProps {
  readonly history: readonly Minute[];
  readonly slots: readonly Slot[];
  readonly span: Span;
}

function Answers({ history, slots, span }: AnswersProps): JSX.Element {
  const filled = slots.filter((slot) => partsOf(slot).some((part) => part > 0));
  if (filled.length === 0) return <p class="card-empty">Nothing was answered in this time.</p>;
  return (
    <>
      <SavingsView history={history} />
      <TimeColumns
        name="Answers"
        columns={slots.map((slot) => ({ startMs: slot.startMs, parts: partsOf(slot), said: saidOf(slot) }))}
        span={span}
        legend={KINDS.map(({ name }) => name)}
        least={4}
        show={(value) => value.toLocaleString("en")}
      >
        <Table slots={filled.toReversed()} span={span} />
      </TimeColumns>
    </>
  );
}

function partsOf(slot: Slot): number[] {
  return KINDS.map(({ id }) => slot[id]);
}

function saidOf(slot: Slot): string {
  return KINDS.map(({ id, name }) => `${name}: ${slot[id]}`).join("; ");
}

function Table({ slots, span }: { readonly slots: readonly Slot[]; readonly span: Span }): JSX.Element {
  return (
    <details class="plot-table">
      <summary>The same as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys, too. */}
      <section class="scroll-box" aria-label="Answers, as a table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{span.minutes === 1 ? "Minute" : "From"}</th>
              {KINDS.map(({ id, name }) => (
                <th scope="col" key={id}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {slots.map((slot) => (
              <tr key={slot.startMs}>
                <th scope="row">{timeOf(slot.startMs, span)}</th>
                {KINDS.map(({ id }) => (
                  <td key={id}>{slot[id]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
