import type { ToolChoice as ToolChoiceParam, Tool as ToolParam } from "@anthropic-ai/sdk/resources/messages/messages";
import { type ChatRequest, type Tool, toolNames } from "../chat-request.ts";
import { FieldError } from "../read.ts";
import { cacheControl } from "./encode-parts.ts";
import { type ModelTraits, traitsOf } from "./models.ts";
import type { OutputWay } from "./output.ts";
import { closedSchema } from "./schema.ts";

interface EncodedTools {
  readonly tools?: readonly ToolParam[];
  readonly tool_choice?: ToolChoiceParam;
}

/**
 * Tools, and how they may be used.
 *
 * @throws {FieldError} where a model that cannot be forced is to be.
 */
export function encodeTools(request: ChatRequest, way: OutputWay): EncodedTools {
  const traits = traitsOf(request.model);
  const { toolChoice } = request;
  const allowed = toolChoice?.kind === "allowed" ? new Set(toolChoice.names) : undefined;
  const own = request.tools
    .filter((tool) => tool.kind === "hosted" || (allowed?.has(tool.name) ?? true))
    .map((tool) => encodeTool(tool, traits));
  // A conversation with calls in it is refused if no tool is defined.
  const sent = own.length > 0 ? own : calledTools(request);
  const tools = way.kind === "tool" ? [...sent, answerTool(way)] : sent;
  if (tools.length === 0) return {};
  const choice = encodeChoice(request, { way, hasOwn: own.length > 0 });
  if (isForced(choice) && !traits.forcedTools) {
    throw new FieldError(
      request.asked.get("toolChoice") ?? "tool_choice",
      `${JSON.stringify(request.model)} cannot be made to call a tool; it decides for itself.`,
    );
  }
  return { tools, ...(choice && { tool_choice: choice }) };
}

export function isForced(choice: ToolChoiceParam | undefined): boolean {
  return choice?.type === "any" || choice?.type === "tool";
}

function encodeTool(tool: Tool, traits: ModelTraits): ToolParam {
  if (tool.kind === "hosted")
    throw new FieldError(tool.at, `A tool of type ${JSON.stringify(tool.type)} runs only at its own provider.`);
  const { name, description, parameters = {}, strict } = tool;
  const closed = strict && traits.schemas ? closedSchema({ properties: {}, ...parameters }) : undefined;
  return {
    name,
    ...(description && { description }),
    input_schema: { ...(closed ?? parameters), type: "object" },
    ...(closed && { strict: true }),
    ...cacheControl(tool),
  };
}

function calledTools({ messages }: ChatRequest): readonly ToolParam[] {
  return [...new Set(toolNames(messages).values())].map((name) => ({ name, input_schema: { type: "object" } }));
}

function answerTool({ name, schema, description }: Extract<OutputWay, { kind: "tool" }>): ToolParam {
  return { name, description, input_schema: { ...schema, type: "object" } };
}

function encodeChoice(
  { toolChoice, parallelToolCalls }: ChatRequest,
  { way, hasOwn }: { readonly way: OutputWay; readonly hasOwn: boolean },
): ToolChoiceParam | undefined {
  const single = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  const mayCall = hasOwn && toolChoice?.kind !== "none";
  if (way.kind === "tool")
    return mayCall ? { type: "any", ...single } : { type: "tool", name: way.name, disable_parallel_tool_use: true };
  if (!mayCall) return { type: "none" };
  switch (toolChoice?.kind) {
    case "required":
      return { type: "any", ...single };
    case "function":
      return { type: "tool", name: toolChoice.name, ...single };
    case "allowed":
      return { type: toolChoice.required ? "any" : "auto", ...single };
    default:
      return toolChoice || parallelToolCalls === false ? { type: "auto", ...single } : undefined;
  }
}
