import { isObject, type Json } from "../read.ts";
import { toCamel } from "./fields.ts";

/** Members whose own members are named by callers, in whatever way they like. */
const FREE: ReadonlySet<string> = new Set([
  ..."args response labels parameters parametersJsonSchema responseSchema responseJsonSchema".split(" "),
]);

/**
 * Path of a member that is given in camel case and in snake case at once. Google's API takes either; which of the two it
 * believes where there are both, nobody knows who checks one of them.
 */
export function findSpelledTwice(body: Json, at = ""): string | undefined {
  const names = new Set<string>();
  for (const key in body) {
    const name = toCamel(key);
    const path = at === "" ? key : `${at}.${key}`;
    if (names.has(name)) return path;
    names.add(name);
    const found = FREE.has(name) ? undefined : findIn(body[key], path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findIn(value: unknown, at: string): string | undefined {
  if (isObject(value)) return findSpelledTwice(value, at);
  if (!Array.isArray(value)) return undefined;
  for (const [index, item] of value.entries()) {
    const found = findIn(item, `${at}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}
