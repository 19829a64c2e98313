/**
 * A field of a body that is wrong, unknown, or that the model's provider has no place for. Thrown deep inside a wire
 * format, caught where a request is planned: in `plan.ts`, and in `answer-by-function.ts` for models that are functions.
 */
export class FieldError extends Error {
  override readonly name = "FieldError";
  /** Path of the field in the caller's body, such as `messages[2].content[0].image_url`. */
  readonly param: string;

  constructor(param: string, detail: string) {
    super(detail);
    this.param = param;
  }
}

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object; for a provider's answers, in which nothing is taken for granted. */
export function asObject(value: unknown): Json | undefined {
  return isObject(value) ? value : undefined;
}

/** The objects of a list; nothing else in it, and nothing at all of what is no list. */
export function asObjects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value if it is a string. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The value if it is a finite number. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A value as text for which JSON has a plain one; `""` for lists and objects, whose `toString` may be anything. */
export function asPlainText(value: unknown): string {
  return typeof value === "object" ? "" : String(value ?? "");
}

/** What a JSON text holds; `undefined` if it is none. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A caller's object. @throws {FieldError} */
export function needObject(value: unknown, at: string): Json {
  if (!isObject(value)) throw wrong(at, value, "an object");
  return value;
}

/** A caller's list. @throws {FieldError} */
export function needList(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(at, value, "an array");
  return value;
}

/** A caller's string. @throws {FieldError} */
export function needText(value: unknown, at: string): string {
  if (typeof value !== "string") throw wrong(at, value, "a string");
  return value;
}

/** A string that may be left out or null. @throws {FieldError} */
export function optionalText(value: unknown, at: string): string | undefined {
  return value === undefined || value === null ? undefined : needText(value, at);
}

/** A number that may be left out or null. @throws {FieldError} */
export function optionalNumber(value: unknown, at: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(at, value, "a number");
  return value;
}

/** A boolean that may be left out or null. @throws {FieldError} */
export function optionalBoolean(value: unknown, at: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrong(at, value, "true or false");
  return value;
}

function wrong(at: string, value: unknown, expected: string): FieldError {
  return new FieldError(at, value === undefined ? `\`${at}\` is missing.` : `\`${at}\` must be ${expected}.`);
}

/** A `data:` URL's type and bytes, the latter as base64; `undefined` for any other URL. */
export function parseDataURL(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  const match = /^data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,/i.exec(url);
  if (!match) return undefined;
  const rest = url.slice(match[0].length);
  const data = match[3] ? rest : btoa(unescapeBytes(rest));
  return { mediaType: match[1]?.toLowerCase() || "text/plain", data };
}

/** Percent-encoded bytes as a binary string; what is beyond ASCII counts as if it were encoded (URL Standard §1.3). */
function unescapeBytes(text: string): string {
  const ascii = text.toWellFormed().replace(/\P{ASCII}/gu, encodeURIComponent);
  return ascii.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
