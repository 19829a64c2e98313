import { type Asked, objectIn, objectsIn, type ToolResult, type Turn } from "../turn.ts";

/** What a chat completion asks of the model. */
export function chatTurn({ fields }: Asked): Turn {
  const messages = objectsIn(fields.messages);
  const last = messages.at(-1);
  const tools = objectsIn(fields.tools).filter(({ type }) => type === "function");
  const firstResult = messages.findLastIndex(({ role }) => role !== "tool") + 1;
  const names = new Map(
    messages.flatMap(({ tool_calls }) =>
      objectsIn(tool_calls).map((call) => [String(call.id), String(objectIn(call.function).name)] as const),
    ),
  );
  return {
    tools: tools.map((tool) => {
      const { name, parameters } = objectIn(tool.function);
      return { name: String(name), schema: parameters };
    }),
    choice: choiceIn(fields.tool_choice),
    oneCall: fields.parallel_tool_calls === false,
    userText: last?.role === "user" ? textIn(last.content) : "",
    results: messages.slice(firstResult).map(
      ({ tool_call_id, content }): ToolResult => ({
        id: String(tool_call_id),
        name: names.get(String(tool_call_id)),
        text: textIn(content),
      }),
    ),
    json: jsonIn(objectIn(fields.response_format)),
  };
}

/** Text of a message's content. */
export function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsIn(content)
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("");
}

/** OpenAI's ways to say which tool must be called. */
export function choiceIn(choice: unknown): Turn["choice"] {
  if (choice === "none") return { kind: "none" };
  if (choice === "required") return { kind: "any" };
  const { type, name, function: named, mode, tools, allowed_tools } = objectIn(choice);
  if (type === "function") return { kind: "any", names: [String(name ?? objectIn(named).name)] };
  if (type !== "allowed_tools") return { kind: "auto" };
  const allowed = allowed_tools === undefined ? { mode, tools } : objectIn(allowed_tools);
  if (allowed.mode !== "required") return { kind: "auto" };
  return {
    kind: "any",
    names: objectsIn(allowed.tools).map((tool) => String(tool.name ?? objectIn(tool.function).name)),
  };
}

/** OpenAI's ways to ask for JSON. */
function jsonIn({ type, json_schema }: Readonly<Record<string, unknown>>): Turn["json"] {
  if (type === "json_schema") return { schema: objectIn(json_schema).schema };
  return type === "json_object" ? {} : false;
}
