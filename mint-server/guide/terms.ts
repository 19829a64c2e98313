/** Words that say nothing about what a question is about. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a about actually also am an and any anyone anything are as at be been being between but by can could did do does doing " +
    "don done else ever for from get gets getting give gives got had has have having he hello help hey hi how i if in " +
    "into is isn it its just let like ll make makes may maybe me mean means might mine more most much my need needs no " +
    "not now of ok okay on one only or other our ours please put really s say says shall she should show so some " +
    "something such sure t take tell than thank thanks that the their them then there these they thing things this " +
    "those to too us use used uses using ve very want wants was we well were what when where whether which who whom " +
    "whose why will with would x yes yet you your yours explain know understand happen happens someone " +
    "somebody way best good"
  ).split(" "),
);

/** Words that nearly every section is about: they decide only where a question has nothing else. */
const WEAK_WORDS: ReadonlySet<string> = new Set([
  "work",
  "mintgat",
  "project",
  "pag",
  "app",
  "config",
  "error",
  "time",
]);

/** True for a word, as {@link normalise} gives it, that says little beside others. */
export function isWeak(term: string): boolean {
  return WEAK_WORDS.has(term);
}

const SEPARATORS = /[\n\r\p{Z}\p{P}\p{S}]+/u;
const IDENTIFIER = /\w+_\w+/g;

/** The words of a text. A name such as `session_key_pinned` is one word. */
export function tokenize(text: string): string[] {
  return [...(text.match(IDENTIFIER) ?? []), ...text.replace(IDENTIFIER, " ").split(SEPARATORS)];
}

/** {@link tokenize}, and the parts of such names too: so that prose finds them, if less well than their whole name. */
export function tokenizeWithParts(text: string): string[] {
  return [...(text.match(IDENTIFIER) ?? []), ...text.split(SEPARATORS)];
}

/** The index's form of a word: lower case, without its ending; `null` for a word that is not worth searching. */
export function normalise(word: string): string | null {
  const lower = word.toLowerCase();
  return lower.length < 2 || STOP_WORDS.has(lower) ? null : stem(lower);
}

/** Takes English endings off. Crude on purpose: it only has to treat the question and the text alike. */
function stem(word: string): string {
  const bare = withoutEnding(word);
  return bare.length > 3 && bare.endsWith("e") ? bare.slice(0, -1) : bare;
}

function withoutEnding(word: string): string {
  if (word.length < 4) return word;
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.endsWith("ing") && word.length > 5) return word.slice(0, -3);
  if (word.endsWith("ed") && word.length > 4) return word.slice(0, -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}
