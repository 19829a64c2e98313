/** What a Claude model takes, as far as its requests differ; from Anthropic's migration guides of November 2026. */
export interface ModelTraits {
  /** `max_tokens` where the caller gave none; the field is required. */
  readonly defaultMaxTokens: number;
  /** Most that `max_tokens` may be raised to for the sake of thinking. */
  readonly highestMaxTokens: number;
  readonly thinking: "none" | "budget" | "adaptive";
  /** Whether it thinks without being asked to. */
  readonly thinksUnasked: boolean;
  /** What turns thinking off; `impossible`: it always thinks. */
  readonly thinkingOff: "disabled" | "between_tools" | "impossible";
  /** Whether thoughts can be asked for or left out. */
  readonly display: boolean;
  readonly xhighEffort: boolean;
  /** Whether it takes `temperature` and its like: both of `temperature` and `top_p`, only one of them, or none at all. */
  readonly sampling: "both" | "one" | "none";
  /** Whether it can be made to call a tool. */
  readonly forcedTools: boolean;
  /** Whether it takes a JSON Schema of its answer, and strict tools. */
  readonly schemas: boolean;
  /** Whether a system message may stand in mid-conversation. */
  readonly systemTurns: boolean;
}

/**
 * The traits of a model by its id, in any platform's spelling. An id whose version cannot be read is taken for the newest,
 * since old ones are all known; one that is no Claude at all, for what servers that imitate the API understand.
 */
export function traitsOf(model: string): ModelTraits {
  const id = model.toLowerCase();
  const version = versionOf(id);
  const family = /opus|sonnet|haiku|fable|mythos/.exec(id)?.[0];
  const alwaysThinks = family === "fable" || family === "mythos";
  const latest = version >= 505 && family !== "haiku";
  return {
    defaultMaxTokens: version < 305 ? 4096 : version < 307 || !id.includes("claude") ? 8192 : 32_000,
    highestMaxTokens: family === "opus" && version < 405 ? 32_000 : 64_000,
    thinking: version < 307 ? "none" : version < 406 ? "budget" : "adaptive",
    thinksUnasked: version >= 500,
    thinkingOff: latest && family === "sonnet" ? "between_tools" : latest || alwaysThinks ? "impossible" : "disabled",
    display: version >= 400,
    xhighEffort: version >= 407,
    sampling: version < 401 ? "both" : version < 407 ? "one" : "none",
    forcedTools: !latest && !(alwaysThinks && version > 500),
    schemas: version >= 405,
    // Accounts of Sonnet 5 differ.
    systemTurns: version >= 408 && version < NEWEST && !(family === "sonnet" && version === 500),
  };
}

const NEWEST = 9900;

/** Major version times a hundred plus minor version: 305 is Claude 3.5. A date after the major version is no minor version. */
function versionOf(id: string): number {
  if (!id.includes("claude")) return 400;
  const match = /claude-(?:[a-z]+-)?v?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(id);
  return match ? Number(match[1]) * 100 + Number(match[2] ?? 0) : NEWEST;
}
