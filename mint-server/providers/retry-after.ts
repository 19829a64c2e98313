/** An answer's headers by lower-case name. */
type Fields = Readonly<Record<string, string>>;

/** A provider may not talk itself out of service for longer, whatever its headers say. */
const MAX_REST_MS = 10 * 60 * 1000;

/**
 * How long a provider asks to be left alone, in milliseconds: `retry-after` in seconds or as a date (RFC 9110 §10.2.3), or
 * `retry-after-ms`; `undefined` if it does not.
 */
export function retryAfterMs(fields: Fields, now: number): number | undefined {
  const ms = Number(fields["retry-after-ms"] ?? Number.NaN);
  if (ms >= 0) return ms;
  const value = fields["retry-after"]?.trim();
  if (value === undefined || value === "") return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Headers that count what a key may still do: OpenAI's and those like it, and Anthropic's. */
const REMAINING = /^(?:(x-ratelimit-)remaining(-[\w-]+)?|(anthropic-ratelimit-[\w-]+-)remaining)$/;

/**
 * How long an endpoint is of no use, by its own word, in milliseconds: what it asks for, else until the latest reset of a
 * limit of which nothing remains; `undefined` if it did not say so.
 */
export function restMs(fields: Fields, now: number): number | undefined {
  const asked = retryAfterMs(fields, now);
  let rest = asked;
  for (const [name, value] of Object.entries(fields)) {
    if (!name.includes("ratelimit-") || Number(value) > 0 || value.trim() === "") continue;
    const match = REMAINING.exec(name);
    if (!match || Number.isNaN(Number(value))) continue;
    const [, prefix, suffix = "", anthropic] = match;
    const reset = fields[anthropic === undefined ? `${prefix}reset${suffix}` : `${anthropic}reset`];
    const resetMs = reset === undefined ? undefined : untilReset(reset, now);
    if (resetMs !== undefined && asked === undefined) rest = Math.max(rest ?? 0, resetMs);
  }
  return rest === undefined ? undefined : Math.min(rest, MAX_REST_MS);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A reset as `6m0s` or `20ms`, as a date, as seconds, or as seconds or milliseconds since the epoch. */
function untilReset(value: string, now: number): number | undefined {
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) {
    const figure = Number(text);
    if (figure > 1e11) return Math.max(0, figure - now);
    return figure > 1e9 ? Math.max(0, figure * 1000 - now) : figure * 1000;
  }
  if (/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)];
    return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ""] ?? 0), 0);
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
