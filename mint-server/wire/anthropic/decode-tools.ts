import type { ChatRequest, Tool } from "../chat-request.ts";
import { FieldError, type Json, needList, needObject, needText, optionalBoolean, optionalText } from "../read.ts";
import { type Asked, unknownField } from "./asked.ts";
import { decodeCache } from "./decode-messages.ts";

const FIELDS = new Set(
  "type name description input_schema cache_control strict input_examples allowed_callers defer_loading eager_input_streaming".split(
    " ",
  ),
);

/** @throws {FieldError} */
export function decodeTools(value: unknown, asked: Asked): readonly Tool[] {
  if (value == null) return [];
  const tools = needList(value, "tools").map((tool, index) => {
    const at = `tools[${index}]`;
    return decodeTool(needObject(tool, at), at, asked);
  });
  if (tools.length > 0) asked.set("tools", "tools");
  return tools;
}

function decodeTool(tool: Json, at: string, asked: Asked): Tool {
  const type = optionalText(tool.type, `${at}.type`) ?? "custom";
  const callers = tool.allowed_callers;
  if (type !== "custom" || (Array.isArray(callers) && !callers.includes("direct"))) {
    asked.set("hostedTools", at);
    return { kind: "hosted", type, at };
  }
  for (const field in tool) if (!FIELDS.has(field)) throw unknownField(`${at}.${field}`);
  const description = describe(tool, at);
  const strict = optionalBoolean(tool.strict, `${at}.strict`);
  if (strict) asked.set("strictTools", `${at}.strict`);
  return {
    kind: "function",
    name: needText(tool.name, `${at}.name`),
    ...(description && { description }),
    parameters: needObject(tool.input_schema, `${at}.input_schema`),
    ...(strict !== undefined && { strict }),
    ...decodeCache(tool, at),
  };
}

/** Examples have no place of their own elsewhere. */
function describe(tool: Json, at: string): string {
  const description = optionalText(tool.description, `${at}.description`) ?? "";
  if (tool.input_examples == null) return description;
  const examples = needList(tool.input_examples, `${at}.input_examples`).map((example) => JSON.stringify(example));
  return [description, ...(examples.length > 0 ? ["Examples of its input:", ...examples] : [])].join("\n").trim();
}

/** The choice among so many tools. @throws {FieldError} */
export function decodeToolChoice(
  value: unknown,
  count: number,
  asked: Asked,
): Pick<ChatRequest, "toolChoice" | "parallelToolCalls"> {
  if (value == null) return {};
  const { type, name, disable_parallel_tool_use } = needObject(value, "tool_choice");
  const toolChoice = choiceOf(type, name);
  if (toolChoice.kind !== "auto") asked.set("toolChoice", "tool_choice");
  const at = "tool_choice.disable_parallel_tool_use";
  if (!optionalBoolean(disable_parallel_tool_use, at)) return { toolChoice };
  // Clients ask so for structured output, too: of the one tool that must be called there is one call anyway.
  const isForced = toolChoice.kind === "function" || (toolChoice.kind === "required" && count === 1);
  if (!isForced) asked.set("singleToolCall", at);
  return { toolChoice, parallelToolCalls: false };
}

function choiceOf(type: unknown, name: unknown): NonNullable<ChatRequest["toolChoice"]> {
  switch (type) {
    case "auto":
    case "none":
      return { kind: type };
    case "any":
      return { kind: "required" };
    case "tool":
      return { kind: "function", name: needText(name, "tool_choice.name") };
    default:
      throw new FieldError("tool_choice.type", '`tool_choice.type` must be "auto", "any", "tool" or "none".');
  }
}
