/** One bar of a picture in which groups of bars stand below each other. */
export interface Bar {
  readonly group: string;
  readonly name: string;
  readonly value: number;
}

const WIDTH = 760;
const LABEL = 300;
const BAR = 360;
const ROW = 20;
/** Values above are drawn to the edge and keep their figure: a policy that waits for a timeout would flatten all others. */
const MOST = 10;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .own { fill: #0969da; }
  .peer { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .own { fill: #4493f8; }
    .peer { fill: #6e7681; }
  }`;

/** A picture of ratios, readable on light and dark. */
export function bars(title: string, all: readonly Bar[]): string {
  const parts = [`<text class="title" x="8" y="24">${title}</text>`];
  let y = 40;
  for (const [group, members] of Map.groupBy(all, (bar) => bar.group)) {
    parts.push(`<text class="title" x="8" y="${y + 14}">${group}</text>`);
    for (const member of members) {
      parts.push(row(member, y));
      y += ROW;
    }
    y += 12;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="${title}">
<style>${STYLE}
</style>
${parts.join("\n")}
</svg>
`;
}

function row({ name, value }: Bar, y: number): string {
  const length = Math.max(1, Math.round((Math.min(value, MOST) / MOST) * BAR));
  return `<text x="${LABEL + 82}" y="${y + 14}" text-anchor="end">${name}</text>
<rect class="${name === "mintgate" ? "own" : "peer"}" x="${LABEL + 90}" y="${y + 3}" width="${Math.round(length * 0.8)}" height="13" rx="2"/>
<text x="${LABEL + 98 + Math.round(length * 0.8)}" y="${y + 14}">${value.toFixed(2)}</text>`;
}
