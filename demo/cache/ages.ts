const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

const WORDS = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** `3 minutes ago`, `in 6 days`, rounded, by the largest unit that fills. */
export function formatAge(ms: number, nowMs: number): string {
  const distance = ms - nowMs;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(distance) >= length) ?? UNITS[3];
  return WORDS.format(Math.round(distance / size), unit);
}
