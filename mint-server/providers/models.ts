import { catalogEntry } from "./catalog.ts";
import type { Flavor, ModelFacts, WireFormatId } from "./provider.ts";
import { providerById } from "./table.ts";

/** What a name tells; the format is the provider's. */
type Family = Omit<ModelFacts, "format">;

const family = (flavor: Flavor, multimodal: boolean): Family => ({ flavor, multimodal });

/** What an id tells of a model that no configuration describes, by its family. First match counts. */
const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/^(gpt-3\.5-turbo-instruct|text-davinci-|davinci-002|babbage-002)/, family("completion", false)],
  [/(^|[-./])embed(dings?)?([-@:]|$)/, family("embedding", false)],
  [/^(omni|text)-moderation-/, family("moderation", true)],
  [/^(dall-e-|gpt-image-|chatgpt-image-)/, family("image", true)],
  [/^(whisper-|tts-|gpt-transcribe|gpt-4o(-mini)?-(tts|transcribe))/, family("audio", true)],
  [/^(o1-mini|o1-preview|o3-mini|gpt-4o(-mini)?-search-)/, family("chat", false)],
  [/^(gpt-(4o|4\.|4-turbo|4-vision|4-1106-vision|5|6|audio)|chatgpt-4o|o\d)/, family("chat", true)],
  [/(^|[./])(claude-(?!instant|v?[12]\b)|gemini-(?!(1\.0-)?pro$)|nova-(\d-)?(?!micro))/, family("chat", true)],
  [
    /vision|llama-?4|llama-guard-4|llama3-2-(11|90)b|pixtral|voxtral|[-_]vl[-_]|gemma-[3-9]|kimi-k(2[.p][5-9]|[3-9])/i,
    family("chat", true),
  ],
  [/^(grok-[4-9]|sonar|(mistral-(small|medium|large)|ministral-\w+)-(latest|2[5-9]\d\d)$)/, family("chat", true)],
  [/\.(mistral-large-3|ministral-3|magistral-small-2[5-9])/, family("chat", true)],
];

const CHAT = family("chat", false);

/** Facts about a model at a provider: costs from the catalog, the format from the provider's row, the rest from its family. */
export function factsOf(model: string, provider: string): ModelFacts {
  return { format: formatOf(model, provider), ...familyOf(model), ...catalogEntry(model, provider) };
}

function formatOf(model: string, provider: string): WireFormatId {
  const row = providerById(provider);
  return row?.otherWires?.find(([models]) => models.test(model))?.[1] ?? row?.wire ?? "openai";
}

function familyOf(model: string): Family {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? CHAT;
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
