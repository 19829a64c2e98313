import type { ChatRequest } from "../chat-request.ts";
import type { Json } from "../read.ts";
import { traitsOf } from "./models.ts";
import { closedSchema } from "./schema.ts";

/** How a wish for JSON is put to the model. */
export type OutputWay =
  | { readonly kind: "free" }
  | { readonly kind: "native"; readonly schema: Json }
  /** The answer is the input of a tool that is made for it. */
  | { readonly kind: "tool"; readonly name: string; readonly schema: Json; readonly description: string }
  | { readonly kind: "words"; readonly text: string };

const ONLY_JSON = "Answer with a single JSON object and nothing else: no other words, and no code fence around it.";

/**
 * The way that a request's answer takes to become JSON; the same for the request and for its answer.
 *
 * A JSON object of any shape is asked for in words. A tool without properties would be called with `{}`, and callers of
 * that mode describe the shape in their prompt anyway; so tools, thinking and the stream stay as they are.
 */
export function outputWay({ output, toolChoice, tools, model }: ChatRequest): OutputWay {
  if (!output) return { kind: "free" };
  if (output.kind === "json") return { kind: "words", text: ONLY_JSON };
  const traits = traitsOf(model);
  const closed = traits.schemas ? closedSchema(output.schema) : undefined;
  if (closed) return { kind: "native", schema: closed };
  if (!traits.forcedTools || output.schema.type !== "object")
    return { kind: "words", text: `${ONLY_JSON} Its JSON Schema:\n${JSON.stringify(output.schema)}` };
  // The caller wants a call of their own tool first; what they want written comes after it.
  const callFirst =
    toolChoice?.kind === "required" ||
    toolChoice?.kind === "function" ||
    (toolChoice?.kind === "allowed" && toolChoice.required);
  if (callFirst) return { kind: "free" };
  return {
    kind: "tool",
    name: freeName(
      output.name,
      tools.flatMap((tool) => (tool.kind === "function" ? [tool.name] : [])),
    ),
    schema: output.schema,
    description: output.description ?? "Gives the answer. Call it when you are ready to answer.",
  };
}

/** Name of the tool whose input is the answer, if the answer comes so. */
export function answerToolOf(request: ChatRequest): string | undefined {
  const way = outputWay(request);
  return way.kind === "tool" ? way.name : undefined;
}

function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 50) || "answer";
  while (taken.includes(name)) name += "_";
  return name;
}
