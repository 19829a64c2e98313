import type { HealthRow } from "./health.ts";
import type { Timing } from "./timing.ts";

/** What other objects have told this instance of endpoints that they asked in its stead. It chooses nothing by it. */
export interface ToldHealth {
  take(rows: readonly HealthRow[]): void;
  /** As told last; what has passed since is half-open. */
  rows(): readonly HealthRow[];
}

/** Whoever told of an endpoint longest ago is forgotten first. */
const MAX_ROWS = 1000;

export function createToldHealth({ now: clock }: Pick<Timing, "now">): ToldHealth {
  const told = new Map<string, HealthRow>();
  return {
    take(rows) {
      for (const row of rows) {
        const key = JSON.stringify([row.org, row.endpoint, row.model]);
        told.delete(key);
        told.set(key, row);
        const [oldest] = told.size > MAX_ROWS ? told.keys() : [];
        if (oldest !== undefined) told.delete(oldest);
      }
    },
    rows() {
      const now = clock();
      return [...told.values()].map((row) => asOf(row, now));
    },
  };
}

function asOf(row: HealthRow, now: number): HealthRow {
  if (row.until === null || row.until > now) return row;
  return { ...row, until: null, state: row.state === "closed" ? "closed" : "half-open" };
}

/** A row, and who has seen it: this instance, or the objects that have answers under way. */
export interface SeenHealth extends HealthRow {
  readonly seenBy: "instance" | "answers";
}

/** All that is known here of endpoints' health, by whom it was seen. */
export function healthSeen(own: readonly HealthRow[], told: readonly HealthRow[]): readonly SeenHealth[] {
  return [
    ...own.map((row): SeenHealth => ({ ...row, seenBy: "instance" })),
    ...told.map((row): SeenHealth => ({ ...row, seenBy: "answers" })),
  ];
}
