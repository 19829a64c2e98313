import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Choice } from "../components/choice.tsx";
import { OfflineBanner } from "../components/offline-banner.tsx";
import { formatMs, formatUsd } from "../format.ts";
import { SPANS, type Span } from "../plot/spans.ts";
import { TimeColumns } from "../plot/time-columns.tsx";
import { useSpan } from "../plot/use-span.ts";
import { loadCalls, onCalls } from "../usage/calls.ts";
import { Groups } from "../usage/groups.tsx";
import { HealthView } from "../usage/health-view.tsx";
import { Limits } from "../usage/limits.tsx";
import { MEASURES, type Measure, tellFigures } from "../usage/measures.ts";
import { groupsOf, type Summary, spanStart, summaryOf, timeSlots } from "../usage/summary.ts";
import "../styles/cache.css";
import "../styles/plot.css";
import "../styles/usage.css";

const SOURCE = {
  load: (span: Span, nowMs: number) => loadCalls(spanStart(span, nowMs)),
  watch: onCalls,
};

/** What this browser's questions used: how many, how much, how fast, of which model and endpoint. */
export function UsagePage(): JSX.Element {
  const [span, setSpan] = useState(SPANS[0]);
  const [measure, setMeasure] = useState<Measure>(MEASURES[0]);
  const { loaded: calls, nowMs } = useSpan(SOURCE, span);
  if (!calls) return <p class="hint">Loading…</p>;
  return (
    <>
      <OfflineBanner />
      <section class="card" aria-labelledby="use">
        <div class="card-head">
          <h2 id="use">Use of models, by this browser</h2>
          <Choice name="usage-span" title="Time shown" all={SPANS} chosen={span} onChoose={setSpan} />
        </div>
        {calls.length === 0 ? (
          <p class="card-empty">
            Nothing was asked in this time. Ask something in <a href="#/">the chat</a>, and see here what it took.
          </p>
        ) : (
          <>
            <Figures summary={summaryOf(calls)} />
            <Choice
              name="usage-measure"
              title="Shown over time"
              all={MEASURES}
              chosen={measure}
              onChoose={setMeasure}
            />
            <TimeColumns
              key={measure.id}
              name={measure.name}
              columns={timeSlots(calls, span, nowMs).map((slot) => ({
                startMs: slot.startMs,
                parts: measure.parts(slot),
                said: tellFigures(slot, measure),
              }))}
              span={span}
              legend={measure.legend}
              least={measure.least}
              show={measure.show}
            />
          </>
        )}
      </section>
      <Limits seen={calls.length} />
      <HealthView />
      {calls.length > 0 && (
        <>
          <Groups id="by-model" title="By model" groups={groupsOf(calls, ({ model }) => model)} />
          <Groups
            id="by-endpoint"
            title="By endpoint"
            groups={groupsOf(calls, ({ endpoint }) => (endpoint === "js" ? "built in" : endpoint))}
          />
        </>
      )}
    </>
  );
}

function Figures({ summary }: { readonly summary: Summary }): JSX.Element {
  const { requests, failed, cachedShare, tokens, usd, p50Ms, p95Ms } = summary;
  const time = (ms: number | undefined): string => (ms === undefined ? "–" : formatMs(ms));
  const all: readonly (readonly [string, string])[] = [
    ["requests", requests.toLocaleString("en")],
    ["failed", failed.toLocaleString("en")],
    ["from a cache", `${Math.round(cachedShare * 100)} %`],
    ["tokens", tokens.toLocaleString("en")],
    ["cost, list price", formatUsd(usd)],
    ["half took at most", time(p50Ms)],
    ["95 % took at most", time(p95Ms)],
  ];
  return (
    <dl class="figures usage-figures">
      {all.map(([name, figure]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{figure}</dd>
        </div>
      ))}
    </dl>
  );
}
