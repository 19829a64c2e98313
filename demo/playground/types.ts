import type OpenAI from "openai";
import type { Problem, Receipt } from "../state/types.ts";
import type { TokenUse } from "../usage/calls.ts";

/** What all columns are asked, as it was entered. Empty texts: each model's own. */
export interface Setup {
  /** One a column. */
  readonly models: readonly string[];
  readonly system: string;
  readonly prompt: string;
  readonly temperature: string;
  readonly maxTokens: string;
  readonly topP: string;
  /** One a line. */
  readonly stop: string;
  readonly seed: string;
  readonly effort: string;
  readonly cache: "auto" | "always" | "never";
  readonly format: "text" | "json_object" | "json_schema";
  /** JSON, as the two below. */
  readonly schema: string;
  readonly tools: string;
}

/** A picture that goes with the prompt, made smaller already. */
export interface Picture {
  readonly id: string;
  readonly name: string;
  /** `data:` URL of a JPEG. */
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
}

export interface ToolCall {
  /** Its place among the answer's calls. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it. */
  readonly arguments: string;
}

export type ChatBody = OpenAI.ChatCompletionCreateParamsStreaming;

/** One request of a column, and its answer. */
export interface Run {
  readonly id: string;
  readonly body: ChatBody;
  readonly cache: Setup["cache"];
  readonly state: "waiting" | "streaming" | "complete" | "stopped" | "failed";
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly text: string;
  readonly thoughts: string;
  readonly toolCalls: readonly ToolCall[];
  /** Why the model ended it. */
  readonly finish?: string;
  readonly used?: TokenUse;
  readonly receipt?: Receipt;
  /** The answer as it came: status, headers and bytes. */
  readonly raw: string;
  readonly problem?: Problem;
}

/** What a column was asked, one after the other: after the first, each gives the results of the last one's tool calls. */
export type Column = readonly Run[];

export function isRunning(run: Run | undefined): boolean {
  return run?.state === "waiting" || run?.state === "streaming";
}
