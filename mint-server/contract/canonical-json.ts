/**
 * The one spelling of a JSON value (RFC 8785): no spaces, members sorted by the UTF-16 units of their names, numbers and
 * strings as JavaScript writes them. Members that are `undefined` are left out.
 *
 * @throws {TypeError} for what JSON cannot hold: a number that is not finite, half of a surrogate pair, a function, …
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value === "object" && value !== null) return canonicalObject(value as Record<string, unknown>);
  const isSound =
    typeof value === "string" ? value.isWellFormed() : typeof value !== "number" || Number.isFinite(value);
  const text = isSound ? JSON.stringify(value) : undefined;
  if (text === undefined) throw new TypeError(`JSON cannot hold this ${typeof value}`);
  return text;
}

function canonicalObject(object: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(object).filter((name) => object[name] !== undefined);
  return `{${names
    // Without a comparison of its own, which is by UTF-16 units: not by locale, not by code points.
    .sort()
    .map((name) => `${canonicalJson(name)}:${canonicalJson(object[name])}`)
    .join()}}`;
}
