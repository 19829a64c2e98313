import type { Effort } from "../chat-request.ts";
import { EFFORTS } from "../chat-request.ts";

/** What a model's name tells of what its request may hold. */
export interface ModelKind {
  /** True for OpenAI's own models, wherever they are served. */
  readonly own: boolean;
  /** True where the most tokens are called `max_completion_tokens`. */
  readonly completionTokens: boolean;
  /** Words for how much to think; none where the model has no such setting. */
  readonly efforts: readonly Effort[];
  /** True where the model thinks without being asked to, and then refuses `temperature` and its like. */
  readonly thinks: boolean;
  /** What marks how far to keep the prompt: OpenAI's word, or Anthropic's, which hosts of Claude take. */
  readonly cacheMark?: "prompt_cache_breakpoint" | "cache_control";
}

const OWN = /^(gpt-(?!oss)|chatgpt-|o\d|codex-)/;
const LOW_TO_HIGH: readonly Effort[] = ["low", "medium", "high"];

/** Reads a model's name, with or without the maker's prefix or that of a fine-tuned model. */
export function kindOf(model: string): ModelKind {
  const name = model.replace(/^(?:openai|azure)\//, "").replace(/^ft:/, "");
  const own = OWN.test(name);
  const version = Number(/^gpt-([5-9](?:\.\d+)?)(?!\d)/.exec(name)?.[1] ?? 0);
  const efforts = effortsOf(name, version);
  return {
    own,
    completionTokens: version > 0 || /^(o\d|codex-)/.test(name),
    efforts,
    // From 5.1 to 5.4 they do not think unless asked to.
    thinks: own && efforts.length > 0 && !(version > 5 && version < 5.5),
    ...(version >= 5.6 && { cacheMark: "prompt_cache_breakpoint" }),
    ...(/claude/.test(name) && { cacheMark: "cache_control" }),
  };
}

function effortsOf(name: string, version: number): readonly Effort[] {
  if (/^o\d|^codex-|gpt-oss/.test(name)) return LOW_TO_HIGH;
  if (version === 0 || name.includes("-chat")) return [];
  if (version === 5) return ["minimal", ...LOW_TO_HIGH];
  if (version < 5.2) return ["none", ...LOW_TO_HIGH];
  return ["none", ...LOW_TO_HIGH, "xhigh", ...(version < 5.6 ? [] : (["max"] as const))];
}

/** The least effort of the model's that is no less than the one wanted, or its greatest. */
export function nearestEffort(efforts: readonly Effort[], wanted: Effort | undefined): Effort | undefined {
  if (wanted === undefined) return undefined;
  return efforts.find((effort) => EFFORTS.indexOf(effort) >= EFFORTS.indexOf(wanted)) ?? efforts.at(-1);
}
