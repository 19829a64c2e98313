import type { FunctionTool } from "openai/resources/responses/responses";
import type { Tool, ToolChoice } from "../chat-request.ts";
import { defined } from "../openai/defined.ts";
import { type Ask, refuseUnknown } from "../openai/read-fields.ts";
import { type Json, needList, needObject, needText, optionalBoolean, optionalText } from "../read.ts";
import { wrong } from "./wrong.ts";

/** A request's tools and which of them may be called. @throws {FieldError} */
export function readTools(body: Json, ask: Ask) {
  const list = body.tools == null ? [] : needList(body.tools, "tools");
  const tools = list.map((tool, index) => readTool(needObject(tool, `tools[${index}]`), `tools[${index}]`, ask));
  if (tools.some(({ kind }) => kind === "function")) ask("tools", "tools", tools);
  const parallelToolCalls = optionalBoolean(body.parallel_tool_calls, "parallel_tool_calls");
  // Without tools there is nothing to choose from, whatever is said about it.
  const isAsked = tools.length > 0;
  if (isAsked && parallelToolCalls === false) ask("singleToolCall", "parallel_tool_calls", true);
  const toolChoice = readToolChoice(body.tool_choice, ask);
  if (isAsked && toolChoice?.kind !== "auto") ask("toolChoice", "tool_choice", toolChoice);
  return { tools, ...defined({ toolChoice, parallelToolCalls }) };
}

/** The last three are for code that a hosted tool writes, and for tools that are looked up when they are wanted. */
const FUNCTION_FIELDS: ReadonlySet<string> = new Set<keyof FunctionTool>([
  ...(["type", "name", "description", "parameters", "strict"] as const),
  ...(["allowed_callers", "defer_loading", "output_schema"] as const),
]);

function readTool(tool: Json, at: string, ask: Ask): Tool {
  const type = needText(tool.type, `${at}.type`);
  if (type === "custom") {
    throw wrong(`${at}.type`, ": this model calls tools with JSON only. Make it a function.");
  }
  if (type !== "function") return { kind: "hosted", type: ask("hostedTools", `${at}.type`, type) ?? type, at };
  refuseUnknown(tool, FUNCTION_FIELDS, at);
  const strict = optionalBoolean(tool.strict, `${at}.strict`);
  if (strict) ask("strictTools", `${at}.strict`, strict);
  return {
    kind: "function",
    name: needText(tool.name, `${at}.name`),
    ...defined({
      description: optionalText(tool.description, `${at}.description`),
      parameters: tool.parameters == null ? undefined : needObject(tool.parameters, `${at}.parameters`),
      strict,
    }),
  };
}

function readToolChoice(value: unknown, ask: Ask): ToolChoice | undefined {
  if (value == null) return undefined;
  if (value === "auto" || value === "none" || value === "required") return { kind: value };
  if (typeof value !== "object") {
    throw wrong("tool_choice", " must be auto, none, required or an object.");
  }
  const choice = needObject(value, "tool_choice");
  if (choice.type === "function") return { kind: "function", name: needText(choice.name, "tool_choice.name") };
  if (choice.type === "custom") {
    throw wrong("tool_choice.type", ": this model has functions only.");
  }
  if (choice.type !== "allowed_tools") {
    ask("hostedTools", "tool_choice.type", needText(choice.type, "tool_choice.type"));
    return undefined;
  }
  const { mode } = choice;
  if (mode !== "auto" && mode !== "required") {
    throw wrong("tool_choice.mode", " must be auto or required.");
  }
  const names = needList(choice.tools, "tool_choice.tools").map((tool, index) => {
    const at = `tool_choice.tools[${index}]`;
    const { type, name } = needObject(tool, at);
    if (type !== "function") throw wrong(`${at}.type`, " must be function for this model.");
    return needText(name, `${at}.name`);
  });
  return { kind: "allowed", names, required: mode === "required" };
}
