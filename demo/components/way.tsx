import type { JSX } from "preact";
import type { Stop } from "../story.ts";

const STATE_WORDS = {
  planned: "",
  passed: "",
  answered: "answered here",
  missed: "not asked",
  broken: "error",
  unreached: "not reached",
  unknown: "",
} as const;

/** The stops of a request, in order. */
export function WayView({ way }: { readonly way: readonly Stop[] }): JSX.Element {
  return (
    <ol class="way" aria-label="The way of the request">
      {way.map((stop) => (
        <li
          key={stop.role}
          data-state={stop.state}
          data-fault={stop.state === "broken" || stop.state === "unreached" || undefined}
          data-open={stop.state === "missed" || stop.state === "unknown" || undefined}
        >
          <strong>{stop.name}</strong>
          {STATE_WORDS[stop.state] && <em>{STATE_WORDS[stop.state]}</em>}
          <span>{stop.role}</span>
        </li>
      ))}
    </ol>
  );
}
