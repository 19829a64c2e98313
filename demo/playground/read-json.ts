/** JSON as a person typed it: its value, or what is wrong and where. */
export type ReadJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** Reads it. Browsers word the problem, each in its own way; most of them say where. */
export function readJson(text: string): ReadJson {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, problem: `This is not JSON yet. ${placeOf(text, String(error))}` };
  }
}

function placeOf(text: string, message: string): string {
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  const [, line, column] = /line (\d+) column (\d+)/.exec(message) ?? [];
  if (line && column) return `See line ${line}, character ${column}.`;
  if (position === undefined) return /end/i.test(message) ? "It ends too early." : "";
  const before = text.slice(0, Number(position)).split("\n");
  return `See line ${before.length}, character ${(before.at(-1)?.length ?? 0) + 1}.`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
