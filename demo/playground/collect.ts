import type OpenAI from "openai";
import type { Run, ToolCall } from "./types.ts";

/** What the pieces of an answer have amounted to so far. */
export type Gathered = Pick<Run, "text" | "thoughts" | "toolCalls" | "finish" | "used">;

export const NOTHING: Gathered = { text: "", thoughts: "", toolCalls: [] };

type Delta = OpenAI.ChatCompletionChunk.Choice.Delta & { readonly reasoning_content?: unknown };

export function collect(before: Gathered, { choices, usage }: OpenAI.ChatCompletionChunk): Gathered {
  const choice = choices[0];
  const delta: Delta = choice?.delta ?? {};
  const thought = typeof delta.reasoning_content === "string" ? delta.reasoning_content : "";
  return {
    ...before,
    text: before.text + (delta.content ?? delta.refusal ?? ""),
    thoughts: before.thoughts + thought,
    toolCalls: (delta.tool_calls ?? []).reduce(addPiece, before.toolCalls),
    ...(choice?.finish_reason && { finish: choice.finish_reason }),
    ...(usage && { used: { input: usage.prompt_tokens, output: usage.completion_tokens } }),
  };
}

/** A call comes in pieces, each with the call's place; which is no count, as providers are free to leave places out. */
function addPiece(
  calls: readonly ToolCall[],
  { index, id, function: piece }: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall,
): readonly ToolCall[] {
  const known = calls.find((call) => call.index === index);
  const added = {
    index,
    id: known?.id || (id ?? ""),
    name: (known?.name ?? "") + (piece?.name ?? ""),
    arguments: (known?.arguments ?? "") + (piece?.arguments ?? ""),
  };
  return [...calls.filter((call) => call !== known), added].toSorted((a, b) => a.index - b.index);
}
