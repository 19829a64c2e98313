import { outputWay as claudesWay, type OutputWay } from "../anthropic/output.ts";
import type { ChatRequest } from "../chat-request.ts";
import { isClaude, isNova } from "./models.ts";

/** Makers whose models Converse makes keep to a JSON Schema by itself. */
const KEEPS_SCHEMA = /(^|[./])(openai|qwen|deepseek|mistral|google|minimax|moonshot(ai)?|nvidia|zai)\./;

const ONLY_JSON = "Answer with a single JSON object and nothing else: no other words, and no code fence around it.";

/** The way that an answer takes to become JSON; the same for the request and for its answer. */
export function outputWay(request: ChatRequest): OutputWay {
  const { output, model } = request;
  if (!output || isClaude(model)) return claudesWay(request);
  if (output.kind === "json") return { kind: "words", text: ONLY_JSON };
  const { schema, name, description = "Gives the answer. Call it when you are ready to answer." } = output;
  if (KEEPS_SCHEMA.test(model)) return { kind: "native", schema };
  // One that can be made to call a certain tool, whose arguments then have the form that was asked for.
  if (isNova(model) && request.tools.length === 0) return { kind: "tool", name, schema, description };
  return { kind: "words", text: `${ONLY_JSON} Its JSON Schema:\n${JSON.stringify(schema)}` };
}

/** The name of the tool that stands for the output's form, where there is one. */
export function outputToolOf(request: ChatRequest): string | undefined {
  const way = outputWay(request);
  return way.kind === "tool" ? way.name : undefined;
}
