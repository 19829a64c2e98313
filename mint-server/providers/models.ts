import type { Flavor, ModelFacts } from "./provider.ts";

const facts = (flavor: Flavor, multimodal: boolean): ModelFacts => ({ flavor, multimodal, format: "openai" });

/** What an id tells of a model that no configuration describes, by its family. First match counts. */
const FAMILIES: readonly (readonly [RegExp, ModelFacts])[] = [
  [/^(gpt-3\.5-turbo-instruct|text-davinci-|davinci-002|babbage-002)/, facts("completion", false)],
  [/^text-embedding-/, facts("embedding", false)],
  [/^(omni|text)-moderation-/, facts("moderation", true)],
  [/^(dall-e-|gpt-image-|chatgpt-image-)/, facts("image", true)],
  [/^(whisper-|tts-|gpt-4o(-mini)?-(tts|transcribe))/, facts("audio", true)],
  [/^(gpt-4o|gpt-4\.|gpt-4-turbo|gpt-4-vision|gpt-5|o1|o3|o4|pixtral-|grok-4)/, facts("chat", true)],
];

const CHAT = facts("chat", false);

/** Facts about a model by its id alone. */
export function factsByName(model: string): ModelFacts {
  return FAMILIES.find(([family]) => family.test(model))?.[1] ?? CHAT;
}

/** Ids that providers' own endpoints are known to serve, for `GET /models` and for hints; not a limit on what may be asked for. */
const WELL_KNOWN: readonly string[] = [
  "gpt-5.1",
  "gpt-5",
  "gpt-5-mini",
  "gpt-5-nano",
  "gpt-4.1",
  "gpt-4.1-mini",
  "gpt-4o",
  "gpt-4o-mini",
  "o3",
  "o4-mini",
  "gpt-3.5-turbo",
  "gpt-3.5-turbo-instruct",
  "text-embedding-3-large",
  "text-embedding-3-small",
  "omni-moderation-latest",
  "gpt-image-1",
  "gpt-4o-mini-tts",
  "gpt-4o-transcribe",
  "whisper-1",
  "mistral-large-latest",
  "mistral-small-latest",
  "codestral-latest",
  "grok-4",
  "llama-3.3-70b-versatile",
  "llama-3.1-8b-instant",
  "sonar",
  "sonar-pro",
];

export function wellKnownModels(): readonly string[] {
  return WELL_KNOWN;
}

/** Up to `count` of `ids` that look like `model`: what it may have been a slip of. */
export function nearNames(model: string, ids: Iterable<string>, count = 3): string[] {
  const scored = [...new Set(ids)].map((id) => ({ id, score: similarity(model.toLowerCase(), id.toLowerCase()) }));
  return scored
    .filter(({ score }) => score >= 0.4)
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ id }) => id);
}

/** Share of letter pairs that two names have in common (Sørensen–Dice): cheap, and good enough for slips. */
function similarity(a: string, b: string): number {
  if (a === b) return 1;
  const pairs = new Map<string, number>();
  for (let at = 0; at < a.length - 1; at++) pairs.set(a.slice(at, at + 2), (pairs.get(a.slice(at, at + 2)) ?? 0) + 1);
  let shared = 0;
  for (let at = 0; at < b.length - 1; at++) {
    const pair = b.slice(at, at + 2);
    const left = pairs.get(pair) ?? 0;
    if (left > 0) {
      shared++;
      pairs.set(pair, left - 1);
    }
  }
  return (2 * shared) / Math.max(1, a.length + b.length - 2);
}
