import type { FunctionDeclaration, ToolConfig } from "@google/genai";
import type { ChatRequest, Tool } from "../chat-request.ts";
import { FieldError } from "../read.ts";
import { encodeContents } from "./encode-contents.ts";
import { encodeThinking, generationOf } from "./thinking.ts";
import type { GeminiConfig, Wire } from "./wire-types.ts";

/** Google's names of other APIs' tiers; empty for the one that is chosen anyway. */
const TIERS: Readonly<Record<string, string>> = { auto: "", default: "standard", standard_only: "standard" };

/** A `generateContent` body. @throws {FieldError} for what the wire or the model has no place for. */
export function encodeRequest(request: ChatRequest): Record<string, unknown> {
  const { system, contents } = encodeContents(request);
  const generationConfig = encodeConfig(request);
  const serviceTier = TIERS[request.serviceTier ?? "auto"] ?? request.serviceTier;
  return {
    contents,
    ...(system.length > 0 && { systemInstruction: { parts: system } }),
    ...(request.tools.length > 0 && {
      tools: [{ functionDeclarations: request.tools.map(encodeTool) }],
      ...encodeToolConfig(request),
    }),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...(serviceTier && { serviceTier }),
    ...(request.safetySettings && { safetySettings: request.safetySettings }),
  };
}

/** The schema goes as JSON Schema; the older `parameters` knows but a part of it. */
function encodeTool(tool: Tool): FunctionDeclaration {
  if (tool.kind === "hosted") {
    throw new FieldError(
      tool.at,
      `The tool \`${tool.type}\` is another provider's; it cannot be used with this model.`,
    );
  }
  const { name, description, parameters } = tool;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters && { parametersJsonSchema: parameters }),
  };
}

function encodeToolConfig(request: ChatRequest): { toolConfig?: Wire<ToolConfig> } {
  const functionCallingConfig = encodeChoice(request);
  return functionCallingConfig ? { toolConfig: { functionCallingConfig } } : {};
}

/** VALIDATED leaves the choice to the model as AUTO does, but binds calls to their schema and may name functions. */
function encodeChoice({ tools, toolChoice, model }: ChatRequest): Wire<ToolConfig>["functionCallingConfig"] {
  switch (toolChoice?.kind) {
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "function":
      return { mode: "ANY", allowedFunctionNames: [toolChoice.name] };
    case "allowed":
      return { mode: toolChoice.required ? "ANY" : "VALIDATED", allowedFunctionNames: [...toolChoice.names] };
    default: {
      const isStrict = generationOf(model) >= 2.5 && tools.some((tool) => tool.kind === "function" && tool.strict);
      return isStrict ? { mode: "VALIDATED" } : undefined;
    }
  }
}

function encodeConfig(request: ChatRequest): GeminiConfig {
  const { output, logprobs, topLogprobs, choices, stop } = request;
  const thinkingConfig = encodeThinking(request);
  return {
    ...defined({
      maxOutputTokens: request.maxTokens,
      temperature: request.temperature,
      topP: request.topP,
      topK: request.topK,
      seed: request.seed,
      presencePenalty: request.presencePenalty,
      frequencyPenalty: request.frequencyPenalty,
      candidateCount: choices === 1 ? undefined : choices,
    }),
    ...(stop && stop.length > 0 && { stopSequences: [...stop] }),
    ...(logprobs && { responseLogprobs: true, ...(topLogprobs ? { logprobs: topLogprobs } : {}) }),
    ...(output && { responseMimeType: "application/json" }),
    ...(output?.kind === "schema" && { responseJsonSchema: output.schema }),
    ...(thinkingConfig && { thinkingConfig }),
  };
}

function defined<Value extends Record<string, unknown>>(
  value: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]?: Exclude<Value[Key], undefined> };
}
