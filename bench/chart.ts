import type { Result } from "./result.ts";

const WIDTH = 760;
const LABEL = 380;
const BAR = 270;
const ROW = 24;
const TITLE = 34;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .bar { fill: #0969da; }
  .missed { fill: #bc4c00; }
  .reference { fill: #8c959f; }
  .target { stroke: #1f2328; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #4493f8; }
    .missed { fill: #f0883e; }
    .reference { fill: #6e7681; }
    .target { stroke: #e6edf3; }
  }`;

const GROUPS = [
  {
    title: "CPU and memory, times bare workerd",
    has: ({ unit, name }: Result) => unit === "x" && !name.startsWith("balance."),
  },
  {
    title: "Time that is added, in milliseconds",
    has: ({ unit, name }: Result) => unit === "ms" && /^(latency\.(?!floor\.)|browser\.worker)/.test(name),
  },
] as const;

/** A picture of the results: horizontal bars, a tick at each target, readable on light and dark. */
export function chart(results: readonly Result[]): string {
  const parts: string[] = [];
  let y = 8;
  for (const { title, has } of GROUPS) {
    const group = results.filter(has);
    if (group.length === 0) continue;
    parts.push(`<text class="title" x="8" y="${y + 20}">${title}</text>`);
    y += TITLE;
    // A value far above the others is drawn to the edge and keeps its figure, or it would flatten all the rest.
    const most =
      1.25 * Math.max(...group.filter((result) => !isPeer(result)).flatMap(({ value, target = 0 }) => [value, target]));
    for (const one of group) {
      parts.push(row(one, y, most));
      y += ROW;
    }
    y += 10;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Benchmark results">
<style>${STYLE}
</style>
${parts.join("\n")}
</svg>
`;
}

function isPeer({ name }: Result): boolean {
  return name.split(".").includes("peer");
}

function row(result: Result, y: number, most: number): string {
  const scale = (value: number): number => Math.round(Math.min(1, Math.max(0, value / most)) * BAR);
  const length = Math.max(1, scale(result.value));
  const style = result.target === undefined ? "reference" : result.met ? "bar" : "missed";
  const tick = result.target === undefined ? "" : tickAt(LABEL + scale(result.target), y);
  const end = LABEL + Math.max(length, result.target === undefined ? 0 : scale(result.target)) + 8;
  return `<text x="${LABEL - 10}" y="${y + 13}" text-anchor="end">${escaped(result.what)}</text>
<rect class="${style}" x="${LABEL}" y="${y + 2}" width="${length}" height="15" rx="2"/>${tick}
<text x="${end}" y="${y + 13}">${result.value.toFixed(Math.abs(result.value) < 0.1 ? 3 : 2)} ${result.unit}</text>`;
}

function tickAt(x: number, y: number): string {
  return `\n<line class="target" x1="${x}" x2="${x}" y1="${y - 1}" y2="${y + 20}"/>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
