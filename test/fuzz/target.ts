/** Something that reads bytes which others wrote. */
export interface FuzzTarget {
  readonly name: string;
  /** Sound inputs, from which others are made. */
  readonly seeds: readonly Uint8Array[];
  /** How often it reads an input to compare what comes of it; once unless given. */
  readonly readings?: number;
  /**
   * Reads an input, and returns how much came of it, in bytes or characters.
   *
   * @throws whatever it may not throw; refusals that it may are its return value
   */
  run(input: Uint8Array<ArrayBuffer>): number | Promise<number>;
}

const encoder = new TextEncoder();
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
/** As servers read: what is no UTF-8 becomes replacement characters. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const jsonSeeds = (...values: readonly unknown[]): readonly Uint8Array[] =>
  values.map((value) => bytesOf(JSON.stringify(value)));

/** JSON, or undefined: what is none never comes to those who read fields. */
export function jsonIn(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input));
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The size of what came of an input. */
export const sizeOf = (value: unknown): number =>
  value === undefined ? 0 : typeof value === "string" ? value.length : (JSON.stringify(value)?.length ?? 0);
