import { isObject, type Json } from "./read.ts";

/**
 * How two pieces' members of one name become one. `add`: texts and lists follow each other; `latest`: the later one stands;
 * `skip`: it is left out; rules of their own for an object's members. Without a rule both must be the same, or objects whose
 * members are.
 */
export type Rule = "add" | "latest" | "skip" | Rules;
export interface Rules {
  readonly [name: string]: Rule;
}

/** Joins the pieces of something, which it may change in doing so; once two of them could not be joined without loss, `isLossy` stays true. */
export interface Joiner {
  join(known: Json, piece: Json, rules: Rules): Json;
  readonly isLossy: boolean;
}

export function createJoiner(): Joiner {
  let isLossy = false;
  const join = (known: Json, piece: Json, rules: Rules): Json => {
    const joined = new Map(Object.entries(known));
    for (const [name, member] of Object.entries(piece)) {
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      if (rule !== "skip") joined.set(name, joinMember(joined.get(name), member, rule));
    }
    // Not by assignment: a member may be named `__proto__`.
    return Object.fromEntries(joined);
  };
  const joinMember = (known: unknown, member: unknown, rule: Rule | undefined): unknown => {
    if (isNothing(member)) return known ?? member;
    if (isObject(member) && typeof rule !== "string" && (isObject(known) || rule)) {
      return join(isObject(known) ? known : {}, member, rule ?? {});
    }
    if (isNothing(known) || rule === "latest") return member;
    if (rule === "add" && typeof known === "string" && typeof member === "string") return known + member;
    if (rule === "add" && Array.isArray(known) && Array.isArray(member)) return append(known, member);
    if (JSON.stringify(known) !== JSON.stringify(member)) isLossy = true;
    return known;
  };
  return {
    join,
    get isLossy() {
      return isLossy;
    },
  };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** In place: a list that is copied for each of its pieces takes time without end. */
function append(list: unknown[], more: readonly unknown[]): unknown[] {
  for (const item of more) list.push(item);
  return list;
}
