import type { ToolConfiguration } from "@aws-sdk/client-bedrock-runtime";
import { traitsOf } from "../anthropic/models.ts";
import type { OutputWay } from "../anthropic/output.ts";
import type { ChatRequest, Tool } from "../chat-request.ts";
import { FieldError, type Json } from "../read.ts";
import { cachePoint } from "./encode-parts.ts";
import { isClaude } from "./models.ts";

/** Those that can be told which tool to call, or that they must call one. */
const TAKES_CHOICE = /(^|[./])(amazon\.nova|mistral\.|openai\.|qwen\.)/;

/**
 * Tools and how they may be used; `undefined` where none may be.
 *
 * @throws {FieldError} where a model that cannot be forced is to be, and for tools that run elsewhere.
 */
export function encodeTools(request: ChatRequest, way: OutputWay): ToolConfiguration | undefined {
  const { toolChoice, tools: all } = request;
  const allowed = toolChoice?.kind === "allowed" ? new Set(toolChoice.names) : undefined;
  const tools =
    toolChoice?.kind === "none"
      ? []
      : all.filter((tool) => tool.kind === "hosted" || (allowed?.has(tool.name) ?? true));
  const specs: unknown[] = tools.flatMap((tool) => encodeTool(tool, request.model));
  const choice = choiceOf(request, way);
  if (choice && !("auto" in choice)) checkForced(request, way);
  if (way.kind === "tool") specs.push(toolSpec(way.name, way.description, way.schema));
  if (specs.length === 0) return undefined;
  return {
    tools: specs as ToolConfiguration["tools"],
    ...(choice && { toolChoice: choice as ToolConfiguration["toolChoice"] }),
  };
}

function encodeTool(tool: Tool, model: string): unknown[] {
  if (tool.kind === "hosted")
    throw new FieldError(tool.at, `A tool of type ${JSON.stringify(tool.type)} runs only at its own provider.`);
  return [toolSpec(tool.name, tool.description, tool.parameters), ...(isClaude(model) ? cachePoint(tool, model) : [])];
}

function toolSpec(name: string, description: string | undefined, schema: Json = {}) {
  return {
    toolSpec: { name, ...(description && { description }), inputSchema: { json: { ...schema, type: "object" } } },
  };
}

type Choice = { readonly auto: object } | { readonly any: object } | { readonly tool: { readonly name: string } };

function choiceOf({ toolChoice, tools }: ChatRequest, way: OutputWay): Choice | undefined {
  if (way.kind === "tool")
    return tools.length > 0 && toolChoice?.kind !== "none" ? { any: {} } : { tool: { name: way.name } };
  switch (toolChoice?.kind) {
    case "required":
      return { any: {} };
    case "function":
      return { tool: { name: toolChoice.name } };
    case "allowed":
      return toolChoice.required ? { any: {} } : { auto: {} };
    default:
      return undefined;
  }
}

function checkForced({ model, asked }: ChatRequest, way: OutputWay): void {
  if (way.kind === "tool" || (isClaude(model) ? traitsOf(model).forcedTools : TAKES_CHOICE.test(model))) return;
  const field = asked.get("toolChoice") ?? "tool_choice";
  throw new FieldError(field, `${JSON.stringify(model)} cannot be made to call a tool; it decides for itself.`);
}
