import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Span } from "../cache/series.ts";
import type { Measure } from "./measures.ts";
import type { TimeSlot } from "./summary.ts";

const WIDTH = 600;
const HEIGHT = 160;

interface Props {
  readonly slots: readonly TimeSlot[];
  readonly span: Span;
  readonly measure: Measure;
}

/** Columns over time. A slider over them goes from one to the next, by pointer and by keys, and says its figures. */
export function Plot({ slots, span, measure }: Props): JSX.Element {
  const [chosen, setChosen] = useState<number>();
  const heights = slots.map((slot) => Math.max(measure.value(slot), measure.behind?.(slot) ?? 0));
  const most = Math.max(measure.least, ...heights);
  const slot = chosen === undefined ? undefined : slots[chosen];
  const said = (each: TimeSlot | undefined): string =>
    each ? `${timeOf(each.startMs, span)}, ${figuresOf(each, measure)}` : "";
  return (
    <figure class="plot">
      <p class="usage-most numbers">{measure.show(most)}</p>
      <div class="usage-frame">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="plot-lines" d={`M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
          {slots.map((each, at) => (
            <Column
              key={each.startMs}
              slot={each}
              measure={measure}
              x={(at * WIDTH) / slots.length}
              width={WIDTH / slots.length}
              scale={HEIGHT / most}
              chosen={at === chosen}
            />
          ))}
        </svg>
        <input
          class="usage-scrub"
          type="range"
          min={0}
          max={slots.length - 1}
          value={chosen ?? slots.length - 1}
          aria-label={`${measure.name}, column by column`}
          aria-valuetext={said(slots[chosen ?? slots.length - 1])}
          onInput={(event) => setChosen(Number(event.currentTarget.value))}
          onPointerDown={(event) => setChosen(Number(event.currentTarget.value))}
        />
      </div>
      <div class="usage-times numbers" aria-hidden="true">
        <span>{timeOf(slots[0]?.startMs ?? 0, span)}</span>
        <span>{timeOf(slots[Math.floor(slots.length / 2)]?.startMs ?? 0, span)}</span>
        <span>now</span>
      </div>
      <p class="usage-said" aria-hidden="true">
        {slot ? said(slot) : "Choose a column, by pointer or arrow keys, for its figures."}
      </p>
      <figcaption>
        <ul class="legend">
          {measure.legend.map((name, at) => (
            <li key={name} data-kind={at === 0 ? "browser" : "edge"}>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

function figuresOf(slot: TimeSlot, { value, behind, show, legend, id }: Measure): string {
  const first = `${legend[0]}: ${show(value(slot))}`;
  if (!behind) return first;
  const second = id === "requests" ? behind(slot) - value(slot) : behind(slot);
  return `${first}; ${legend[1]}: ${show(second)}`;
}

interface ColumnProps {
  readonly slot: TimeSlot;
  readonly measure: Measure;
  readonly x: number;
  readonly width: number;
  readonly scale: number;
  readonly chosen: boolean;
}

function Column({ slot, measure, x, width, scale, chosen }: ColumnProps): JSX.Element {
  const bar = (height: number, kind: string): JSX.Element | false =>
    height > 0 && (
      <rect
        class="plot-bar"
        data-kind={kind}
        x={x + width * 0.12}
        y={HEIGHT - height}
        width={width * 0.76}
        height={height}
      />
    );
  return (
    <g class="usage-column" data-chosen={chosen}>
      <rect class="usage-hit" x={x} y={0} width={width} height={HEIGHT} />
      {measure.behind && bar(measure.behind(slot) * scale, "edge")}
      {bar(measure.value(slot) * scale, "browser")}
    </g>
  );
}

function timeOf(ms: number, { id }: Span): string {
  const day = id === "hour" ? {} : ({ weekday: "short" } as const);
  return new Date(ms).toLocaleTimeString([], { ...day, hour: "2-digit", minute: "2-digit" });
}
