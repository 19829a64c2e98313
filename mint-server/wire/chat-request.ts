/**
 * A conversation to be continued, in no provider's words: what every schema that a caller may write is decoded into, and
 * every wire format is encoded from.
 */
export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  /** Whether the stream is read as one JSON array, as Gemini's is without `?alt=sse`. */
  readonly isArray?: boolean;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** False: at most one tool call an answer. */
  readonly parallelToolCalls?: boolean;
  readonly output?: OutputFormat;
  readonly reasoning?: ReasoningWish;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** How many answers; 1 unless given. */
  readonly choices?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly logitBias?: Readonly<Record<string, number>>;
  readonly logprobs?: boolean;
  readonly topLogprobs?: number;
  readonly verbosity?: string;
  /** Opaque name of the end user. */
  readonly user?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly serviceTier?: string;
  readonly promptCacheKey?: string;
  /** Gemini's, as the caller wrote them: no other API has any. */
  readonly safetySettings?: readonly unknown[];
  /** Whether the caller of a stream asked for its usage; schemas that always tell it say true. */
  readonly includeUsage: boolean;
  /**
   * What the caller asked for, by the field that says so in the caller's own schema. A setting that asks for what happens
   * anyway (`n: 1`, `store: false`) is not in it.
   */
  readonly asked: ReadonlyMap<Setting, string>;
  /** Members that an answer in the caller's schema repeats of its request. */
  readonly echo?: Readonly<Record<string, unknown>>;
}

/** What a request may ask for beyond an answer to its messages; {@link Support} says what becomes of it in each wire format. */
export const SETTINGS = [
  "maxTokens",
  "temperature",
  "topP",
  "topK",
  "stop",
  "seed",
  "choices",
  "presencePenalty",
  "frequencyPenalty",
  "logitBias",
  "logprobs",
  "tools",
  "toolChoice",
  "singleToolCall",
  "strictTools",
  "jsonMode",
  "jsonSchema",
  "reasoning",
  "verbosity",
  "user",
  "metadata",
  "serviceTier",
  "promptCacheKey",
  "store",
  "prediction",
  "audioOutput",
  "hostedTools",
  "safetySettings",
] as const;
export type Setting = (typeof SETTINGS)[number];

/**
 * `sent`: the wire format has it. `dropped`: it is left out, which changes what the answer costs or which of the fitting ones
 * it is, but not what fits.
 * `refused`: a request that asks for it is a 400 which names the caller's field.
 */
export type Support = Readonly<Record<Setting, "sent" | "dropped" | "refused">>;

/** System and developer messages stay where they stood; encoders whose wire has no such place find them one. */
export interface Message {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly parts: readonly Part[];
  /** Name of a participant, where the schema has one. */
  readonly name?: string;
}

/** Media and tools know where they stood in the caller's body (`messages[2].content[1]`), for errors that name it. */
export type Part =
  | TextPart
  | { readonly kind: "refusal"; readonly text: string }
  | ReasoningPart
  | ImagePart
  | FilePart
  | AudioPart
  | ToolCallPart
  | ToolResultPart;

export interface TextPart extends Cacheable {
  readonly kind: "text";
  readonly text: string;
  readonly citations?: readonly Citation[];
  /** Gemini signs text, too. */
  readonly signature?: Signature;
}

/** Thoughts of the model, its own or their summary. Without a signature no provider takes them back. */
export interface ReasoningPart {
  readonly kind: "reasoning";
  /** Empty where the provider shows none. */
  readonly text: string;
  readonly signature?: Signature;
}

export interface ImagePart extends Cacheable {
  readonly kind: "image";
  readonly source: Source;
  readonly detail?: string;
  readonly at: string;
}

/** A PDF or another document. */
export interface FilePart extends Cacheable {
  readonly kind: "file";
  readonly source: Source;
  readonly name?: string;
  readonly at: string;
}

export interface AudioPart {
  readonly kind: "audio";
  readonly source: Source;
  readonly at: string;
}

/** Stands in messages of the assistant. */
export interface ToolCallPart extends Cacheable {
  readonly kind: "tool_call";
  /** The id by which the result names it. */
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it; empty counts as `{}`. */
  readonly arguments: string;
  readonly signature?: Signature;
}

/** Stands in messages of the user: encoders whose wire has a role for it make messages of their own. */
export interface ToolResultPart extends Cacheable {
  readonly kind: "tool_result";
  readonly callId: string;
  /** Where the schema names the tool again; see `toolNames` for the others. */
  readonly name?: string;
  readonly parts: readonly Part[];
  readonly isError?: boolean;
  readonly at: string;
}

/** A mark up to which the provider may keep the prompt. */
export interface Cacheable {
  readonly cache?: { readonly ttl?: string };
}

/** Where the bytes of an image, file or recording are. `uploaded`: at the provider, under this id. */
export type Source =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string; readonly mediaType?: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "uploaded"; readonly id: string };

/**
 * What a provider gives along with thoughts or tool calls, and wants back unchanged in the next turn. Opaque; only wire
 * format `by` understands it, so encoders leave out those of others.
 */
export interface Signature {
  readonly by: string;
  readonly value: string;
  /** Thoughts that the provider gave in encrypted form only: the value is all there is of them. */
  readonly redacted?: boolean;
  /** The provider's id of the thought, where it has one. */
  readonly id?: string;
}

/** Where a piece of an answer comes from. Offsets count UTF-16 units of the answer's text. */
export interface Citation {
  readonly url?: string;
  readonly title?: string;
  /** Words of the source. */
  readonly quote?: string;
  readonly start?: number;
  readonly end?: number;
}

/** `hosted` tools run at their provider; they pass only where the schema is the provider's own. */
export type Tool =
  | {
      readonly kind: "function";
      readonly name: string;
      readonly description?: string;
      /** JSON Schema of the arguments; absent: no arguments. */
      readonly parameters?: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
      readonly cache?: Cacheable["cache"];
    }
  | { readonly kind: "hosted"; readonly type: string; readonly at: string };

export type ToolChoice =
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  | { readonly kind: "required" }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "allowed"; readonly names: readonly string[]; readonly required: boolean };

export type OutputFormat =
  | { readonly kind: "json" }
  | {
      readonly kind: "schema";
      readonly name: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly description?: string;
      readonly strict?: boolean;
    };

/** How much to think. Schemas say it in words or in tokens; encoders translate with `effortOf` and `budgetOf`. */
export interface ReasoningWish {
  readonly effort?: Effort;
  /** Most tokens to think with; 0: none; -1: as many as the model likes. */
  readonly budgetTokens?: number;
  /** Whether the caller wants to see the thoughts; absent: as the provider likes. */
  readonly show?: boolean;
}

export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

/** Tokens that stand for an effort where a wire format counts them; in the range that current models take. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16384,
  xhigh: 24576,
  max: 32768,
};

/** The wish as tokens; `undefined` where nothing was said. */
export function budgetOf({ budgetTokens, effort }: ReasoningWish): number | undefined {
  return budgetTokens ?? (effort && BUDGETS[effort]);
}

/** The wish as a word: the least effort whose budget covers the tokens. */
export function effortOf({ budgetTokens, effort }: ReasoningWish): Effort | undefined {
  if (effort !== undefined || budgetTokens === undefined) return effort;
  if (budgetTokens < 0) return "medium";
  return EFFORTS.find((word) => BUDGETS[word] >= budgetTokens) ?? "max";
}

/** Names of the tools that were called, by the call's id: some wires want a result to name its tool. */
export function toolNames(messages: readonly Message[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { parts } of messages)
    for (const part of parts) if (part.kind === "tool_call") names.set(part.id, part.name);
  return names;
}

/** All text of some parts, joined; what is no text is left out. */
export function textOf(parts: readonly Part[], separator = ""): string {
  return parts.flatMap((part) => (part.kind === "text" || part.kind === "refusal" ? [part.text] : [])).join(separator);
}
