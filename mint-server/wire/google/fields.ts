import { FieldError, isObject, needList, needObject, optionalBoolean, optionalNumber, optionalText } from "../read.ts";

/** An object's fields by their names in camel case; the API takes them in snake case as well. */
export interface Fields<Name extends string> {
  get(name: Name): unknown;
  /** Path of a field, as the caller spelled it. */
  at(name: Name): string;
  text(name: Name): string | undefined;
  number(name: Name): number | undefined;
  boolean(name: Name): boolean | undefined;
  /** The items of a list and their paths. One object stands for a list of one, as the API has it. */
  list(name: Name): readonly Item[];
}

export interface Item {
  readonly value: unknown;
  readonly at: string;
}

/**
 * Fields that are null count as absent.
 *
 * @throws {FieldError} for what is no object, and for a field that is not among the known ones.
 */
export function readFields<const Name extends string>(
  value: unknown,
  at: string,
  known: readonly Name[],
): Fields<Name> {
  const found = new Map<string, { readonly path: string; readonly member: unknown }>();
  for (const [key, member] of Object.entries(needObject(value, at))) {
    const name = toCamel(key);
    const path = at ? `${at}.${key}` : key;
    if (!(known as readonly string[]).includes(name) || (key !== name && key !== toSnake(name)))
      throw unknownField(path);
    if (member !== null && member !== undefined) found.set(name, { path, member });
  }
  const get = (name: Name): unknown => found.get(name)?.member;
  const pathOf = (name: Name): string => found.get(name)?.path ?? (at ? `${at}.${name}` : name);
  return {
    get,
    at: pathOf,
    text: (name) => optionalText(get(name), pathOf(name)),
    number: (name) => optionalNumber(asWritten(get(name)), pathOf(name)),
    boolean: (name) => optionalBoolean(get(name), pathOf(name)),
    list(name) {
      const list = get(name);
      if (list === undefined) return [];
      if (isObject(list)) return [{ value: list, at: pathOf(name) }];
      return needList(list, pathOf(name)).map((item, index) => ({ value: item, at: `${pathOf(name)}[${index}]` }));
    },
  };
}

export function unknownField(at: string): FieldError {
  return new FieldError(at, `\`${at}\` is not a field that can be translated for this model.`);
}

export function toCamel(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Numbers may be written as strings: 64-bit ones always are. */
function asWritten(value: unknown): unknown {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
