import { formatMs } from "../format.ts";

/** An endpoint with one model, as `GET /admin/usage` has it. */
export interface EndpointHealth {
  readonly endpoint: string;
  readonly model: string;
  readonly state: "closed" | "open" | "half-open" | "quarantined";
  /** ISO 8601; until when it rests. */
  readonly until: string | null;
  readonly failures_in_a_row: number;
  readonly first_byte_ms: number | null;
  readonly seen_by: "instance" | "answers";
}

export interface OrgUsage {
  readonly used: { readonly requests: number; readonly tokens: number; readonly usd: number };
  readonly instance?: { readonly health: readonly EndpointHealth[] };
}

/** How an endpoint does, in words; and whether that is well. */
export function tellHealth({ state, until }: EndpointHealth): { readonly words: string; readonly isWell: boolean } {
  const when = until === null ? "" : ` until ${new Date(until).toLocaleTimeString()}`;
  switch (state) {
    case "closed":
      return until === null
        ? { words: "healthy", isWell: true }
        : { words: `passed over${when}, as it asked to be`, isWell: false };
    case "half-open":
      return { words: "about to be tried again", isWell: false };
    case "open":
      return { words: `resting${when}, after failures`, isWell: false };
    case "quarantined":
      return { words: `resting${when}: its key was refused`, isWell: false };
  }
}

export function tellFirstByte({ first_byte_ms: ms }: EndpointHealth): string {
  return ms === null ? "–" : formatMs(ms);
}
