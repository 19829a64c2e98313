import type { Tool, ToolChoice } from "../chat-request.ts";
import { FieldError, type Json, needList, needObject, needText, optionalBoolean, optionalText } from "../read.ts";
import { cacheOf } from "./decode-messages.ts";
import { defined } from "./defined.ts";
import { type Ask, refuseUnknown } from "./read-fields.ts";

/** A request's tools and which of them may be called. @throws {FieldError} */
export function readTools(body: Json, ask: Ask) {
  const list = body.tools == null ? [] : needList(body.tools, "tools");
  const tools = list.map((tool, index) => readTool(needObject(tool, `tools[${index}]`), `tools[${index}]`, ask));
  if (tools.length > 0) ask("tools", "tools", tools);
  const parallel = optionalBoolean(body.parallel_tool_calls, "parallel_tool_calls");
  if (parallel === false) ask("singleToolCall", "parallel_tool_calls", true);
  const choice = readToolChoice(body.tool_choice);
  if (choice?.kind !== "auto") ask("toolChoice", "tool_choice", choice);
  return { tools, ...defined({ toolChoice: choice, parallelToolCalls: parallel }) };
}

const TOOL_FIELDS = new Set(["type", "function", "cache_control"]);
const FUNCTION_FIELDS = new Set(["name", "description", "parameters", "strict"]);

function readTool(tool: Json, at: string, ask: Ask): Tool {
  if (tool.type !== "function") {
    throw new FieldError(`${at}.type`, `\`${at}.type\` must be function: this model has no other tools.`);
  }
  refuseUnknown(tool, TOOL_FIELDS, at);
  const definition = needObject(tool.function, `${at}.function`);
  refuseUnknown(definition, FUNCTION_FIELDS, `${at}.function`);
  const { name, description, parameters } = definition;
  const strict = optionalBoolean(definition.strict, `${at}.function.strict`);
  if (strict) ask("strictTools", `${at}.function.strict`, strict);
  return {
    kind: "function",
    name: needText(name, `${at}.function.name`),
    ...defined({
      description: optionalText(description, `${at}.function.description`),
      parameters: parameters == null ? undefined : needObject(parameters, `${at}.function.parameters`),
      strict,
    }),
    ...cacheOf(tool, at),
  };
}

function readToolChoice(value: unknown): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "auto" || value === "none" || value === "required") return { kind: value };
  if (typeof value !== "object") {
    throw new FieldError("tool_choice", "`tool_choice` must be auto, none, required or an object.");
  }
  const choice = needObject(value, "tool_choice");
  if (choice.type === "function") return { kind: "function", name: functionName(choice, "tool_choice") };
  if (choice.type !== "allowed_tools") {
    throw new FieldError("tool_choice.type", "`tool_choice.type` must be function or allowed_tools for this model.");
  }
  const at = "tool_choice.allowed_tools";
  const { mode, tools } = needObject(choice.allowed_tools, at);
  if (mode !== "auto" && mode !== "required") {
    throw new FieldError(`${at}.mode`, `\`${at}.mode\` must be auto or required.`);
  }
  const names = needList(tools, `${at}.tools`).map((tool, index) =>
    functionName(needObject(tool, `${at}.tools[${index}]`), `${at}.tools[${index}]`),
  );
  return { kind: "allowed", names, required: mode === "required" };
}

function functionName(tool: Json, at: string): string {
  return needText(needObject(tool.function, `${at}.function`).name, `${at}.function.name`);
}
