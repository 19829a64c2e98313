import type { JSX } from "preact";

/** Line drawings on a grid of 20. */
const PATHS = {
  chat: "M4 4h12v9H9l-4 3v-3H4z",
  voice:
    "M10 3a2.5 2.5 0 0 1 2.5 2.5v4a2.5 2.5 0 0 1-5 0v-4A2.5 2.5 0 0 1 10 3zM5 9.5a5 5 0 0 0 10 0M10 14.5V17M7 17h6",
  key: "M8.5 11.5a3.5 3.5 0 1 1 1.6-1.3L16 16l-1 1.5-2-.5v-2h-2",
  plug: "M7 3v4M13 3v4M5 7h10v2a5 5 0 0 1-10 0zM10 14v3",
  store:
    "M4 6c0-1.7 2.7-3 6-3s6 1.3 6 3-2.7 3-6 3-6-1.3-6-3zM4 6v8c0 1.7 2.7 3 6 3s6-1.3 6-3V6M4 10c0 1.7 2.7 3 6 3s6-1.3 6-3",
  chart: "M4 4v12h12M7 13V9M10.5 13V6M14 13v-3",
  columns: "M3 4h14v12H3zM10 4v12",
  image: "M3 4h14v12H3zM3 14l4-4 3 3 2-2 5 4M13 8h.01",
  menu: "M3 6h14M3 10h14M3 14h9",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6M9 9v4M11 9v4",
  settings: "M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4",
  receipt: "M5 3h10v14l-2-1.4-1.6 1.4-1.4-1.4L8.6 17 7 15.6 5 17zM8 7h4M8 10h4",
  send: "M10 16V4M5 9l5-5 5 5",
  stop: "M6 6h8v8H6z",
  copy: "M7 7V4h9v9h-3M4 7h9v9H4z",
  check: "M4 10.5l4 4 8-9",
  edit: "M4 16l1-4 8-8 3 3-8 8zM11.5 5.5l3 3",
  retry: "M15.5 8A6 6 0 1 0 16 11M16 4v4h-4",
  down: "M10 4v12M5 11l5 5 5-5",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1",
  moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z",
  auto: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration only: whatever carries it has a name of its own. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The sign: a gate of two posts, and the coin that passes. */
export function Sign(): JSX.Element {
  return (
    <svg class="sign" viewBox="0 0 32 32" aria-hidden="true">
      <path class="sign-gate" d="M6 27V13a10 10 0 0 1 20 0v14" />
      <circle class="sign-coin" cx="16" cy="19" r="4.5" />
    </svg>
  );
}
