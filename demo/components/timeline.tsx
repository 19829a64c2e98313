import type { JSX } from "preact";
import { formatMs } from "../format.ts";
import type { Receipt } from "../state/types.ts";

interface Phase {
  readonly name: string;
  readonly kind: "mint" | "wait" | "first" | "stream";
  readonly fromMs: number;
  readonly toMs: number;
}

/** Narrowest bar drawn, as a share of the whole: what was too short to see still happened. */
const NARROWEST = 0.012;
const WIDTH = 1000;

/** The parts of a request on one axis of time. */
export function Timeline({ receipt }: { readonly receipt: Receipt }): JSX.Element | null {
  const phases = listPhases(receipt);
  const totalMs = receipt.totalMs ?? phases.at(-1)?.toMs ?? 0;
  if (phases.length === 0 || totalMs <= 0) return null;
  return (
    <section class="timeline" aria-label="How long each part took">
      <h3>
        Time <span>{formatMs(totalMs)} in all</span>
      </h3>
      <ol>
        {phases.map((phase) => (
          <li key={phase.kind}>
            <span>{phase.name}</span>
            <span class="timeline-ms">{formatMs(phase.toMs - phase.fromMs)}</span>
            <Bar phase={phase} totalMs={totalMs} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Bar({ phase, totalMs }: { readonly phase: Phase; readonly totalMs: number }): JSX.Element {
  const share = Math.max((phase.toMs - phase.fromMs) / totalMs, NARROWEST);
  const start = Math.min(phase.fromMs / totalMs, 1 - share);
  return (
    <svg viewBox={`0 0 ${WIDTH} 8`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-ground" width={WIDTH} height="8" />
      <rect class={`bar bar-${phase.kind}`} x={start * WIDTH} width={share * WIDTH} height="8" />
    </svg>
  );
}

function listPhases({ minted, headersMs, firstByteMs, totalMs }: Receipt): Phase[] {
  if (headersMs === undefined) return [];
  const mintMs = Math.min(minted?.tookMs ?? 0, headersMs);
  const firstMs = Math.max(firstByteMs ?? headersMs, headersMs);
  const phases: Phase[] = [];
  if (minted) phases.push({ name: "Getting a credential", kind: "mint", fromMs: 0, toMs: mintMs });
  phases.push({ name: "Waiting for the answer to begin", kind: "wait", fromMs: mintMs, toMs: headersMs });
  if (firstByteMs !== undefined)
    phases.push({ name: "Waiting for its first byte", kind: "first", fromMs: headersMs, toMs: firstMs });
  if (totalMs !== undefined)
    phases.push({ name: "Receiving the rest", kind: "stream", fromMs: firstMs, toMs: Math.max(totalMs, firstMs) });
  return phases;
}
