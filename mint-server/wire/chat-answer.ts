import type { ErrorDetails } from "../contract/openai-error.ts";
import type { Citation, Part, Signature } from "./chat-request.ts";

/** A whole answer, in no provider's words. */
export interface ChatAnswer {
  /** The provider's id of the answer; absent where it gives none. */
  readonly id?: string;
  /** The model that answered, as the provider calls it. */
  readonly model?: string;
  readonly choices: readonly ChatChoice[];
  readonly usage?: Usage;
  readonly serviceTier?: string;
}

export interface ChatChoice {
  /** Counts from 0. */
  readonly index: number;
  /** Text, refusal, reasoning and tool calls, in the order in which they came. */
  readonly parts: readonly Part[];
  readonly finish: Finish;
  readonly logprobs?: readonly TokenLogprob[];
}

export interface Finish {
  readonly reason: FinishReason;
  /** The stop sequence that was met, where the provider tells. */
  readonly stopSequence?: string;
}

/** `stop` also stands for a met stop sequence; `pause`: the provider wants the same conversation again to go on. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "refusal" | "pause";

/** Tokens. Input holds cached and cache-writing ones, output holds those of reasoning. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[] | null;
  readonly top: readonly {
    readonly token: string;
    readonly logprob: number;
    readonly bytes?: readonly number[] | null;
  }[];
}

/**
 * A step of an answer that is under way. `call` counts a choice's tool calls from 0, in the order in which they began;
 * pieces of several may come in turns. Nothing follows `end` or `error`.
 */
export type StreamEvent =
  | { readonly type: "start"; readonly id?: string; readonly model?: string; readonly usage?: Usage }
  | { readonly type: "text"; readonly choice: number; readonly text: string }
  | { readonly type: "refusal"; readonly choice: number; readonly text: string }
  | { readonly type: "citation"; readonly choice: number; readonly citation: Citation }
  | { readonly type: "reasoning"; readonly choice: number; readonly text: string }
  /** A thought is complete. One without text before it was redacted or is not shown. */
  | { readonly type: "reasoning_end"; readonly choice: number; readonly signature?: Signature }
  | {
      readonly type: "tool_start";
      readonly choice: number;
      readonly call: number;
      readonly id: string;
      readonly name: string;
      readonly signature?: Signature;
    }
  | { readonly type: "tool_arguments"; readonly choice: number; readonly call: number; readonly text: string }
  /** The call is whole. Formats that do not tell leave it out; then it is whole when its choice has finished. */
  | { readonly type: "tool_end"; readonly choice: number; readonly call: number }
  | { readonly type: "logprobs"; readonly choice: number; readonly logprobs: readonly TokenLogprob[] }
  | { readonly type: "finish"; readonly choice: number; readonly finish: Finish }
  /** The latest one stands. */
  | { readonly type: "usage"; readonly usage: Usage }
  /** The provider's terminal marker. */
  | { readonly type: "end" }
  | { readonly type: "error"; readonly details: ErrorDetails };

/** A whole answer as the steps in which it might have come. */
export function* eventsOf({ id, model, choices, usage }: ChatAnswer): Generator<StreamEvent> {
  yield { type: "start", ...(id && { id }), ...(model && { model }), ...(usage && { usage }) };
  for (const { index, parts, finish, logprobs } of choices) {
    let call = 0;
    for (const part of parts) {
      yield* partEvents(part, index, call);
      if (part.kind === "tool_call") call++;
    }
    if (logprobs) yield { type: "logprobs", choice: index, logprobs };
    yield { type: "finish", choice: index, finish };
  }
  if (usage) yield { type: "usage", usage };
  yield { type: "end" };
}

function* partEvents(part: Part, choice: number, call: number): Generator<StreamEvent> {
  switch (part.kind) {
    case "text":
      yield { type: "text", choice, text: part.text };
      for (const citation of part.citations ?? []) yield { type: "citation", choice, citation };
      // A text's signature has no place beside it: it goes into a thought of its own.
      if (part.signature) yield { type: "reasoning_end", choice, signature: part.signature };
      break;
    case "refusal":
      yield { type: "refusal", choice, text: part.text };
      break;
    case "reasoning":
      if (part.text !== "") yield { type: "reasoning", choice, text: part.text };
      yield { type: "reasoning_end", choice, ...(part.signature && { signature: part.signature }) };
      break;
    case "tool_call": {
      const { id, name, signature } = part;
      yield { type: "tool_start", choice, call, id, name, ...(signature && { signature }) };
      yield { type: "tool_arguments", choice, call, text: part.arguments };
      yield { type: "tool_end", choice, call };
    }
  }
}
