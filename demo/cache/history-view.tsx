import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { loadHistory, type Minute, onHistory } from "./history.ts";
import { SavingsView } from "./savings.tsx";
import { firstMinute, type Slot, SPANS, type Span, slotsOf } from "./series.ts";

const KINDS = [
  { id: "browser", name: "this browser’s cache" },
  { id: "edge", name: "the server’s cache" },
  { id: "asked", name: "a model" },
] as const;

/** Where answers came from, over time. */
export function History(): JSX.Element {
  const [span, setSpan] = useState<Span>(SPANS[0] as Span);
  const [history, setHistory] = useState<readonly Minute[]>([]);
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    let left = false;
    const look = async (): Promise<void> => {
      const now = Date.now();
      const loaded = await loadHistory(firstMinute(span, now));
      if (left) return;
      setHistory(loaded);
      setNow(now);
    };
    void look();
    const silence = onHistory(look);
    const timer = setInterval(look, 20_000);
    return () => {
      left = true;
      silence();
      clearInterval(timer);
    };
  }, [span]);
  return (
    <section class="card" aria-labelledby="history">
      <div class="cache-head">
        <h2 id="history">Where answers came from</h2>
        <SpanPicker span={span} onPick={setSpan} />
      </div>
      <SavingsView history={history} />
      <Plot slots={slotsOf(history, span, nowMs)} span={span} />
    </section>
  );
}

function SpanPicker({ span, onPick }: { readonly span: Span; readonly onPick: (span: Span) => void }): JSX.Element {
  return (
    <fieldset class="spans">
      <legend class="visually-hidden">Time shown</legend>
      {SPANS.map((one) => (
        <label key={one.id}>
          <input type="radio" name="span" checked={one.id === span.id} onChange={() => onPick(one)} />
          {one.name}
        </label>
      ))}
    </fieldset>
  );
}

const WIDTH = 600;
const HEIGHT = 140;

function Plot({ slots, span }: { readonly slots: readonly Slot[]; readonly span: Span }): JSX.Element {
  const most = Math.max(4, ...slots.map(totalOf));
  const step = WIDTH / slots.length;
  const middle = slots[Math.floor(slots.length / 2)]?.startMs ?? 0;
  return (
    <figure class="plot">
      <div class="plot-frame">
        <span class="plot-most numbers">{most}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="plot-lines" d={`M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
          {slots.map((slot, at) => (
            <Column key={slot.startMs} slot={slot} x={at * step} width={step} scale={HEIGHT / most} />
          ))}
        </svg>
      </div>
      <div class="plot-times numbers" aria-hidden="true">
        <span>{timeOf(slots[0]?.startMs ?? 0, span)}</span>
        <span>{timeOf(middle, span)}</span>
        <span>now</span>
      </div>
      <figcaption>
        <ul class="legend">
          {KINDS.map(({ id, name }) => (
            <li key={id} data-kind={id}>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <Table slots={slots} span={span} />
    </figure>
  );
}

interface ColumnProps {
  readonly slot: Slot;
  readonly x: number;
  readonly width: number;
  readonly scale: number;
}

function Column({ slot, x, width, scale }: ColumnProps): JSX.Element {
  let y = HEIGHT;
  return (
    <>
      {KINDS.map(({ id }) => {
        const height = slot[id] * scale;
        y -= height;
        return (
          height > 0 && (
            <rect
              key={id}
              class="plot-bar"
              data-kind={id}
              x={x + width * 0.12}
              y={y}
              width={width * 0.76}
              height={height}
            />
          )
        );
      })}
    </>
  );
}

/** The same in words: for those who cannot see the plot, or want its figures. */
function Table({ slots, span }: { readonly slots: readonly Slot[]; readonly span: Span }): JSX.Element {
  const filled = slots.filter((slot) => totalOf(slot) > 0).toReversed();
  if (filled.length === 0) return <p class="hint">Nothing was answered in this time.</p>;
  return (
    <details class="plot-table">
      <summary>The same as a table</summary>
      <div class="plot-scroll">
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
            {filled.map((slot) => (
              <tr key={slot.startMs}>
                <th scope="row">{timeOf(slot.startMs, span)}</th>
                {KINDS.map(({ id }) => (
                  <td key={id}>{slot[id]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function totalOf({ browser, edge, asked }: Slot): number {
  return browser + edge + asked;
}

function timeOf(ms: number, { id }: Span): string {
  const day = id === "hour" ? {} : ({ weekday: "short" } as const);
  return new Date(ms).toLocaleTimeString([], { ...day, hour: "2-digit", minute: "2-digit" });
}
