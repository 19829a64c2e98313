const UNITS = [
  { seconds: 86_400, letter: "d", name: "d" },
  { seconds: 3600, letter: "h", name: "h" },
  { seconds: 60, letter: "m", name: "min" },
  { seconds: 1, letter: "s", name: "s" },
] as const;

/** Seconds of a duration such as `90s`, `10m`, `2h`, `1d`, or `600` for seconds; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const [, digits, letter = "s"] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  const unit = UNITS.find((candidate) => candidate.letter === letter);
  return digits === undefined || !unit ? undefined : Number(digits) * unit.seconds;
}

/** A number of seconds in words, by its two largest units: `9 min 58 s`. */
export function spokenDuration(seconds: number): string {
  let rest = Math.floor(seconds);
  const parts: string[] = [];
  for (const unit of UNITS) {
    const count = Math.floor(rest / unit.seconds);
    rest -= count * unit.seconds;
    if (count > 0) parts.push(`${count} ${unit.name}`);
    // Two units that follow each other: "1 d 5 s" would claim an exactness nobody needs.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}
