import fc from "fast-check";

/** Any JSON value, and those on which checks trip more often. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e21, "", "x", "*", "__proto__", [], [null], {}, ["default"]),
  fc.jsonValue({ maxDepth: 2 }),
);

export const notText = anyValue.filter((value) => typeof value !== "string");
export const notNumber = anyValue.filter((value) => typeof value !== "number");
export const notObject = anyValue.filter(
  (value) => typeof value !== "object" || value === null || Array.isArray(value),
);

/** Another text in the place of one: spelled otherwise, cut, longer, with strange neighbours, or any. */
export function otherText(text: string): fc.Arbitrary<string> {
  const at = fc.nat(Math.max(0, text.length - 1));
  return fc
    .oneof(
      fc.constantFrom(text.toUpperCase(), ` ${text}`, `${text} `, `${text}/`, `${text}\u0000`, `${text}.evil.test`, ""),
      at.map((index) => text.slice(0, index)),
      at.map((index) => `${text.slice(0, index)}${text.slice(index + 1)}`),
      fc
        .tuple(at, fc.string({ minLength: 1, maxLength: 2 }))
        .map(([i, more]) => text.slice(0, i) + more + text.slice(i)),
      fc.string({ maxLength: 40 }),
      fc.webUrl(),
    )
    .filter((other) => other !== text);
}

const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STRANGE = [..."+/=.,;:'\"~*!() ", "\t", "\u00e9", "%2E", "..", "eyJ", "ek_"];

type Damage = (token: string) => string;

/** Damage to the text of a token of three segments. Never gives back the token itself. */
export function damagedText(): fc.Arbitrary<Damage> {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const part = fc.nat(2);
  const at = (token: string, where: number): number => Math.min(token.length - 1, Math.floor(where * token.length));
  const splice = (token: string, from: number, count: number, put: string): string =>
    token.slice(0, from) + put + token.slice(from + count);
  const damage: fc.Arbitrary<Damage> = fc.oneof(
    fc.tuple(share, fc.constantFrom(...CHARACTERS)).map(
      ([where, put]): Damage =>
        (token) =>
          splice(token, at(token, where), 1, put),
    ),
    fc.tuple(share, fc.constantFrom(...STRANGE)).map(
      ([where, put]): Damage =>
        (token) =>
          splice(token, at(token, where), 0, put),
    ),
    fc.tuple(share, fc.integer({ min: 1, max: 8 })).map(
      ([where, count]): Damage =>
        (token) =>
          splice(token, at(token, where), count, ""),
    ),
    fc.integer({ min: 1, max: 90 }).map(
      (count): Damage =>
        (token) =>
          token.slice(0, -count),
    ),
    // Characters that stand for the same bytes to a decoder that looks away.
    part.map((index) => respelled(index)),
    fc.constantFrom("=", "==", "%3D", ".").map(
      (end): Damage =>
        (token) =>
          token + end,
    ),
    fc.tuple(part, part).map(
      ([one, two]): Damage =>
        (token) =>
          swapped(token, one, two),
    ),
    part.map(
      (index): Damage =>
        (token) =>
          token.split(".").with(index, "").join("."),
    ),
    part.map(
      (index): Damage =>
        (token) =>
          token.split(".").toSpliced(index, 1).join("."),
    ),
    part.map(
      (index): Damage =>
        (token) =>
          [...token.split("."), token.split(".")[index]].join("."),
    ),
    fc.constantFrom("ek_ek_", "EK_", "Bearer", "eyJ", "e", "DPoP").map(
      (start): Damage =>
        (token) =>
          start + token,
    ),
    fc.constantFrom("upper", "lower", "quoted", "doubled", "reversed").map(
      (how): Damage =>
        (token) =>
          transformed(token, how),
    ),
  );
  return damage.map(
    (damaging): Damage =>
      (token) => {
        const result = damaging(token).trim();
        // With our prefix it is still itself.
        return result === token || result === `ek_${token}`
          ? splice(token, 0, 1, token[0] === "f" ? "g" : "f")
          : result;
      },
  );
}

function respelled(index: number): (token: string) => string {
  return (token) => {
    const segments = token.split(".");
    const segment = segments[index] ?? "";
    const last = CHARACTERS.indexOf(segment.at(-1) ?? "");
    return segments.with(index, segment.slice(0, -1) + CHARACTERS.charAt(last ^ 1)).join(".");
  };
}

function swapped(token: string, one: number, two: number): string {
  const segments = token.split(".");
  const [a = "", b = ""] = [segments[one], segments[two]];
  return segments.with(one, b).with(two, a).join(".");
}

function transformed(token: string, how: string): string {
  if (how === "upper") return token.toUpperCase();
  if (how === "lower") return token.toLowerCase();
  if (how === "quoted") return `"${token}"`;
  if (how === "doubled") return `${token},${token}`;
  return [...token].reverse().join("");
}
