import { catalog } from "./catalog.ts";
import type { Flavor, ModelFacts } from "./provider.ts";

const facts = (flavor: Flavor, multimodal: boolean): ModelFacts => ({ flavor, multimodal, format: "openai" });

/** What an id tells of a model that no configuration describes, by its family. First match counts. */
const FAMILIES: readonly (readonly [RegExp, ModelFacts])[] = [
  [/^(gpt-3\.5-turbo-instruct|text-davinci-|davinci-002|babbage-002)/, facts("completion", false)],
  [/^(text-embedding-|mistral-embed|embed-)/, facts("embedding", false)],
  [/^(omni|text)-moderation-/, facts("moderation", true)],
  [/^(dall-e-|gpt-image-|chatgpt-image-)/, facts("image", true)],
  [/^(whisper-|tts-|gpt-transcribe|gpt-4o(-mini)?-(tts|transcribe))/, facts("audio", true)],
  [/^(o1-mini|o1-preview|o3-mini|gpt-4o(-mini)?-search-)/, facts("chat", false)],
  [/^(gpt-(4o|4\.|4-turbo|4-vision|4-1106-vision|5|6|audio)|chatgpt-4o|o\d)/, facts("chat", true)],
  [
    /vision|llama-?4|llama-guard-4|pixtral|voxtral|[-_]vl[-_]|gemma-[3-9]|kimi-k(2[.p][5-9]|[3-9])/i,
    facts("chat", true),
  ],
  [/^(grok-[4-9]|sonar|(mistral-(small|medium|large)|ministral-\w+)-(latest|2[5-9]\d\d)$)/, facts("chat", true)],
];

const CHAT = facts("chat", false);

/** Facts about a model at a provider: costs and context from the catalog, the rest from the model's family. */
export function factsOf(model: string, provider: string): ModelFacts {
  return { ...factsByName(model), ...catalog().get(model)?.get(provider) };
}

function factsByName(model: string): ModelFacts {
  return FAMILIES.find(([family]) => family.test(model))?.[1] ?? CHAT;
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
