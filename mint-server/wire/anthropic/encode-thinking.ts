import type { OutputConfig, ThinkingConfigParam } from "@anthropic-ai/sdk/resources/messages/messages";
import {
  budgetOf,
  type ChatRequest,
  type Effort,
  effortOf,
  type Message,
  type ReasoningWish,
} from "../chat-request.ts";
import { FieldError } from "../read.ts";
import { type ModelTraits, traitsOf } from "./models.ts";

export interface EncodedThinking {
  readonly thinking?: ThinkingConfigParam;
  readonly effort?: NonNullable<OutputConfig["effort"]>;
  readonly max_tokens: number;
}

/** The least budget that is taken. */
const LEAST = 1024;
/** Left for the answer where the budget would take all. */
const ANSWER = 8192;

/**
 * How much to think, and `max_tokens`, which holds the thoughts. `forced`: a tool must be called, which excludes thinking
 * where it can be turned off. `by`: whose signatures count.
 *
 * @throws {FieldError} for a model that cannot think.
 */
export function encodeThinking(
  request: ChatRequest,
  { forced, by = "anthropic" }: { readonly forced: boolean; readonly by?: string },
): EncodedThinking {
  const traits = traitsOf(request.model);
  const { reasoning: wish = {} } = request;
  const max_tokens = request.maxTokens ?? traits.defaultMaxTokens;
  const effort = wish.budgetTokens === -1 && !wish.effort ? undefined : effortOf(wish);
  const asksForThoughts = budgetOf(wish) !== undefined && effort !== "none";
  switch (traits.thinking) {
    case "none":
      if (!asksForThoughts) return { max_tokens };
      throw new FieldError(
        request.asked.get("reasoning") ?? "reasoning_effort",
        `${JSON.stringify(request.model)} cannot be told how much to think. Leave it out.`,
      );
    case "budget":
      if (effort === "none") return { max_tokens, thinking: { type: "disabled" } };
      if (!asksForThoughts || forced || lacksThought(request.messages, by)) return { max_tokens };
      return withBudget(request, wish, traits);
    case "adaptive": {
      const thinks = traits.thinksUnasked || request.reasoning !== undefined;
      const excluded = forced && thinks && traits.thinkingOff !== "impossible";
      if (effort !== "none" && !excluded) return { max_tokens, ...adaptive(wish, { effort, traits, asksForThoughts }) };
      return traits.thinkingOff === "impossible"
        ? { max_tokens, effort: "low" }
        : { max_tokens, thinking: { type: traits.thinkingOff } };
    }
  }
}

function withBudget({ maxTokens }: ChatRequest, wish: ReasoningWish, traits: ModelTraits): EncodedThinking {
  const wished = Math.max(LEAST, wish.budgetTokens === -1 ? LEAST * 8 : (budgetOf(wish) ?? LEAST));
  const highest = maxTokens ?? traits.highestMaxTokens;
  const budget_tokens = wished < highest ? wished : Math.max(LEAST, Math.floor(highest / 2));
  // No room to think in what the caller allows.
  if (budget_tokens >= highest) return { max_tokens: highest };
  const max_tokens = maxTokens ?? Math.min(highest, Math.max(traits.defaultMaxTokens, budget_tokens + ANSWER));
  return { max_tokens, thinking: { type: "enabled", budget_tokens, ...displayOf(wish, traits) } };
}

function adaptive(
  wish: ReasoningWish,
  {
    effort,
    traits,
    asksForThoughts,
  }: { readonly effort: Effort | undefined; readonly traits: ModelTraits; readonly asksForThoughts: boolean },
): Partial<EncodedThinking> {
  const asked = asksForThoughts || wish.show === true || (wish.show === false && traits.thinksUnasked);
  const own = adaptEffort(effort, traits);
  return {
    ...(asked && { thinking: { type: "adaptive", ...displayOf(wish, traits) } }),
    ...(own && { effort: own }),
  };
}

function displayOf({ show }: ReasoningWish, { display }: ModelTraits): { display?: "summarized" | "omitted" } {
  return show === undefined || !display ? {} : { display: show ? "summarized" : "omitted" };
}

function adaptEffort(effort: Effort | undefined, { xhighEffort }: ModelTraits): EncodedThinking["effort"] | undefined {
  if (effort === "none" || effort === "minimal") return "low";
  return effort === "xhigh" && !xhighEffort ? "max" : effort;
}

/**
 * Whether the turn to go on with called a tool and its thoughts are not at hand, as when another model wrote it: these
 * models then refuse to think.
 */
function lacksThought(messages: readonly Message[], by: string): boolean {
  const last = messages.findLastIndex(
    ({ role, parts }) => role === "user" && parts.some((part) => part.kind !== "tool_result"),
  );
  const turn = messages
    .slice(last + 1)
    .filter(({ role }) => role === "assistant")
    .flatMap(({ parts }) => parts);
  const called = turn.some(({ kind }) => kind === "tool_call");
  return called && !turn.some((part) => part.kind === "reasoning" && part.signature?.by === by);
}
