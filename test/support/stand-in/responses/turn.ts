import { choiceIn, textIn } from "../openai/chat-turn.ts";
import { type Asked, objectIn, objectsIn, type ToolResult, type Turn } from "../turn.ts";

/** What a Responses request asks of the model. */
export function responsesTurn({ fields }: Asked): Turn {
  const items = typeof fields.input === "string" ? [{ role: "user", content: fields.input }] : objectsIn(fields.input);
  const last = objectIn(items.at(-1));
  const names = new Map(items.map(({ call_id, name }: Item) => [call_id, name] as const).filter(([, name]) => name));
  const firstResult = items.findLastIndex(({ type }: Item) => type !== "function_call_output") + 1;
  return {
    tools: objectsIn(fields.tools)
      .filter(({ type }) => type === "function")
      .map(({ name, parameters }) => ({ name: String(name), schema: parameters })),
    choice: choiceIn(fields.tool_choice),
    oneCall: fields.parallel_tool_calls === false,
    userText: last.role === "user" ? textIn(last.content) : "",
    results: items.slice(firstResult).map(
      ({ call_id, output }: Item): ToolResult => ({
        id: String(call_id),
        name: names.get(call_id) as string | undefined,
        text: textIn(output),
      }),
    ),
    json: jsonIn(objectIn(objectIn(fields.text).format)),
  };
}

type Item = Readonly<Record<string, unknown>>;

function jsonIn({ type, schema }: Item): Turn["json"] {
  if (type === "json_schema") return { schema };
  return type === "json_object" ? {} : false;
}
