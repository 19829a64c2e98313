import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { EntryFacts } from "../../sw/client.ts";
import { formatBytes } from "../format.ts";
import { formatAge } from "./ages.ts";
import { countAnswers } from "./budget.tsx";

const ORDERS = {
  newest: { name: "newest first", compare: (a: EntryFacts, b: EntryFacts) => b.createdMs - a.createdMs },
  used: { name: "last used first", compare: (a: EntryFacts, b: EntryFacts) => b.usedAtMs - a.usedAtMs },
  largest: { name: "largest first", compare: (a: EntryFacts, b: EntryFacts) => b.sizeBytes - a.sizeBytes },
  expiring: { name: "expiring first", compare: (a: EntryFacts, b: EntryFacts) => a.expiresMs - b.expiresMs },
} as const;

type Order = keyof typeof ORDERS;

const PAGE = 20;
const MORE = 100;

interface Props {
  readonly entries: readonly EntryFacts[];
  readonly nowMs: number;
}

/** What is stored, by age and size: nobody can tell here what was asked. */
export function Entries({ entries, nowMs }: Props): JSX.Element | null {
  const [order, setOrder] = useState<Order>("newest");
  const [shown, setShown] = useState(PAGE);
  const heading = useRef<HTMLHeadingElement>(null);
  if (entries.length === 0) return null;
  const sorted = entries.toSorted(ORDERS[order].compare);
  const largest = Math.max(...entries.map(({ sizeBytes }) => sizeBytes));
  const left = sorted.length - shown;
  const showMore = (): void => {
    setShown(shown + MORE);
    // The button is about to go.
    if (left <= MORE) heading.current?.focus({ preventScroll: true });
  };
  return (
    <section class="card" aria-labelledby="entries">
      <div class="card-head">
        <h2 id="entries" ref={heading} tabIndex={-1}>
          Each stored answer
        </h2>
        <label class="cache-order" for="order">
          Sorted
          <select id="order" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
            {Object.entries(ORDERS).map(([id, { name }]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ol class="stored">
        {sorted.slice(0, shown).map((entry, at) => (
          <Row key={`${entry.createdMs} ${at}`} entry={entry} nowMs={nowMs} share={entry.sizeBytes / largest} />
        ))}
      </ol>
      {left > 0 && (
        <button type="button" class="button" onClick={showMore}>
          Show {Math.min(left, MORE)} more of {countAnswers(sorted.length)}
        </button>
      )}
    </section>
  );
}

interface RowProps {
  readonly entry: EntryFacts;
  readonly nowMs: number;
  /** Of the largest entry's size. */
  readonly share: number;
}

function Row({ entry, nowMs, share }: RowProps): JSX.Element {
  const { createdMs, expiresMs, usedAtMs, sizeBytes } = entry;
  const isUsed = usedAtMs - createdMs > 1000;
  return (
    <li>
      <span class="entry-made">Stored {formatAge(createdMs, nowMs)}</span>
      <span class="entry-size numbers">{formatBytes(sizeBytes)}</span>
      <svg class="entry-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-ground" width="100" height="4" />
        <rect class="entry-fill" width={Math.max(1, share * 100)} height="4" />
      </svg>
      <span class="entry-more">
        {isUsed ? `used ${formatAge(usedAtMs, nowMs)}, ` : ""}expires {formatAge(expiresMs, nowMs)}
      </span>
    </li>
  );
}
