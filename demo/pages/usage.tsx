import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { SPANS, type Span } from "../cache/series.ts";
import { OfflineBanner } from "../components/offline-banner.tsx";
import { formatMs, formatUsd } from "../format.ts";
import { loadCalls, onCalls, type UsageCall } from "../usage/calls.ts";
import { Groups } from "../usage/groups.tsx";
import { Limits } from "../usage/limits.tsx";
import { MEASURES, type Measure } from "../usage/measures.ts";
import { Plot } from "../usage/plot.tsx";
import { groupsOf, type Summary, spanStart, summaryOf, timeSlots } from "../usage/summary.ts";
import "../styles/cache.css";
import "../styles/usage.css";

/** What this browser's questions used: how many, how much, how fast, of which model and endpoint. */
export function UsagePage(): JSX.Element {
  const [span, setSpan] = useState<Span>(SPANS[0] as Span);
  const [measure, setMeasure] = useState<Measure>(MEASURES[0]);
  const { calls, nowMs } = useCalls(span);
  if (!calls) return <p class="hint">Loading…</p>;
  return (
    <>
      <OfflineBanner />
      <section class="card" aria-labelledby="use">
        <div class="cache-head">
          <h2 id="use">Use of models, by this browser</h2>
          <Choice name="usage-span" title="Time shown" all={SPANS} chosen={span} onChoose={setSpan} />
        </div>
        {calls.length === 0 ? (
          <p class="cache-empty">
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
            <Plot slots={timeSlots(calls, span, nowMs)} span={span} measure={measure} />
          </>
        )}
      </section>
      <Limits seen={calls.length} />
      {calls.length > 0 && (
        <>
          <Groups id="by-model" title="By model" groups={groupsOf(calls, ({ model }) => model)} />
          <Groups id="by-endpoint" title="By endpoint" groups={groupsOf(calls, ({ endpoint }) => endpoint)} />
        </>
      )}
    </>
  );
}

function useCalls(span: Span): { readonly calls: readonly UsageCall[] | undefined; readonly nowMs: number } {
  const [calls, setCalls] = useState<readonly UsageCall[]>();
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    let left = false;
    const look = async (): Promise<void> => {
      const now = Date.now();
      const loaded = await loadCalls(spanStart(span, now));
      if (left) return;
      setCalls(loaded);
      setNow(now);
    };
    void look();
    const silence = onCalls(look);
    const timer = setInterval(look, 20_000);
    return () => {
      left = true;
      silence();
      clearInterval(timer);
    };
  }, [span]);
  return { calls, nowMs };
}

interface ChoiceProps<T> {
  readonly name: string;
  readonly title: string;
  readonly all: readonly T[];
  readonly chosen: T;
  readonly onChoose: (one: T) => void;
}

function Choice<T extends { readonly id: string; readonly name: string }>(props: ChoiceProps<T>): JSX.Element {
  const { name, title, all, chosen, onChoose } = props;
  return (
    <fieldset class="spans">
      <legend class="visually-hidden">{title}</legend>
      {all.map((one) => (
        <label key={one.id}>
          <input type="radio" name={name} checked={one.id === chosen.id} onChange={() => onChoose(one)} />
          {one.name}
        </label>
      ))}
    </fieldset>
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
    ["at list prices", formatUsd(usd)],
    ["half within", time(p50Ms)],
    ["19 of 20 within", time(p95Ms)],
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
