import type { JSX } from "preact";
import type { CacheInfo } from "../../sw/client.ts";
import { formatBytes } from "../format.ts";

const ANSWERS = new Intl.PluralRules("en");

/** `1 answer`, `12 answers`. */
export function countAnswers(count: number): string {
  return `${count} ${ANSWERS.select(count) === "one" ? "answer" : "answers"}`;
}

/** How much of its budget the cache takes. */
export function Budget({ cache }: { readonly cache: CacheInfo }): JSX.Element {
  const { entries, sizeBytes, maxBytes } = cache;
  const share = maxBytes > 0 ? sizeBytes / maxBytes : 0;
  return (
    <div class="budget">
      <p id="budget-words">
        <strong>{countAnswers(entries.length)}</strong>, {formatBytes(sizeBytes)} of {formatBytes(maxBytes)}
      </p>
      <meter class="budget-meter" min="0" max="1" value={share} aria-labelledby="budget-words" />
    </div>
  );
}
