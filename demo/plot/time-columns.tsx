import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Span } from "./spans.ts";

const WIDTH = 600;
const HEIGHT = 150;
const KINDS = ["first", "second", "third"] as const;

/** One column: when it begins, in Unix milliseconds, and its parts from the bottom up. */
export interface TimeColumn {
  readonly startMs: number;
  readonly parts: readonly number[];
  /** Its figures in words. */
  readonly said: string;
}

interface Props {
  /** What the columns show: for the slider's name. */
  readonly name: string;
  readonly columns: readonly TimeColumn[];
  readonly span: Span;
  /** Of the parts, from the bottom up. */
  readonly legend: readonly string[];
  /** Where the scale ends at least. */
  readonly least: number;
  readonly show: (value: number) => string;
  /** Something below the legend. */
  readonly children?: JSX.Element;
}

/** Columns over time. A slider over them goes from one to the next, by pointer and by keys, and says its figures. */
export function TimeColumns({ name, columns, span, legend, least, show, children }: Props): JSX.Element {
  const [chosen, setChosen] = useState<number>();
  const most = Math.max(least, ...columns.map(({ parts }) => sum(parts)));
  const last = columns.length - 1;
  const saidOf = (column: TimeColumn | undefined): string =>
    column ? `${timeOf(column.startMs, span)}, ${column.said}` : "";
  const choose = (event: { readonly currentTarget: HTMLInputElement }): void =>
    setChosen(Number(event.currentTarget.value));
  return (
    <figure class="plot">
      <p class="plot-most numbers" aria-hidden="true">
        {show(most)}
      </p>
      <div class="plot-frame">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="plot-lines" d={`M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
          {columns.map((column, at) => (
            <Column
              key={column.startMs}
              parts={column.parts}
              x={(at * WIDTH) / columns.length}
              width={WIDTH / columns.length}
              scale={HEIGHT / most}
              chosen={at === chosen}
            />
          ))}
        </svg>
        <input
          class="plot-scrub"
          type="range"
          min={0}
          max={last}
          value={chosen ?? last}
          aria-label={`${name}, column by column`}
          aria-valuetext={saidOf(columns[chosen ?? last])}
          onInput={choose}
          onPointerDown={choose}
        />
      </div>
      <div class="plot-times numbers" aria-hidden="true">
        <span>{timeOf(columns[0]?.startMs ?? 0, span)}</span>
        <span>{timeOf(columns[Math.floor(columns.length / 2)]?.startMs ?? 0, span)}</span>
        <span>now</span>
      </div>
      <p class="plot-said" aria-hidden="true">
        {chosen === undefined ? "Choose a column, by pointer or arrow keys, for its figures." : saidOf(columns[chosen])}
      </p>
      <figcaption>
        <ul class="legend">
          {legend.map((part, at) => (
            <li key={part} data-kind={KINDS[at]}>
              {part}
            </li>
          ))}
        </ul>
      </figcaption>
      {children}
    </figure>
  );
}

interface ColumnProps {
  readonly parts: readonly number[];
  readonly x: number;
  readonly width: number;
  readonly scale: number;
  readonly chosen: boolean;
}

function Column({ parts, x, width, scale, chosen }: ColumnProps): JSX.Element {
  return (
    <g class="plot-column" data-chosen={chosen}>
      <rect class="plot-hit" x={x} y={0} width={width} height={HEIGHT} />
      {parts.map(
        (part, at) =>
          part > 0 && (
            <rect
              key={KINDS[at]}
              class="plot-bar"
              data-kind={KINDS[at]}
              x={x + width * 0.12}
              y={HEIGHT - sum(parts.slice(0, at + 1)) * scale}
              width={width * 0.76}
              height={part * scale}
            />
          ),
      )}
    </g>
  );
}

function sum(parts: readonly number[]): number {
  return parts.reduce((all, part) => all + part, 0);
}

export function timeOf(ms: number, { id }: Span): string {
  const day = id === "hour" ? {} : ({ weekday: "short" } as const);
  return new Date(ms).toLocaleTimeString([], { ...day, hour: "2-digit", minute: "2-digit" });
}
