import { type Asked, objectIn, objectsIn, type ToolResult, type Turn } from "../turn.ts";

/** What a Converse request asks of the model. */
export function converseTurn({ fields }: Asked): Turn {
  const messages = objectsIn(fields.messages);
  const last = messages.at(-1);
  const blocks = objectsIn(last?.content);
  const names = new Map(
    messages
      .flatMap(({ content }) => objectsIn(content))
      .map(({ toolUse }) => [objectIn(toolUse).toolUseId, String(objectIn(toolUse).name)] as const),
  );
  const { tools, toolChoice } = objectIn(fields.toolConfig);
  const { type, structure } = objectIn(objectIn(fields.outputConfig).textFormat);
  return {
    tools: objectsIn(tools)
      .map(({ toolSpec }) => objectIn(toolSpec))
      .filter(({ name }) => name !== undefined)
      .map(({ name, inputSchema }) => ({ name: String(name), schema: objectIn(inputSchema).json })),
    choice: choiceIn(objectIn(toolChoice)),
    oneCall: objectIn(objectIn(fields.additionalModelRequestFields).tool_choice).disable_parallel_tool_use === true,
    userText: last?.role === "user" ? textOf(blocks) : "",
    results: blocks
      .filter(({ toolResult }) => toolResult !== undefined)
      .map(({ toolResult }): ToolResult => {
        const { toolUseId, content, status } = objectIn(toolResult);
        return {
          id: String(toolUseId),
          name: names.get(toolUseId),
          text: textOf(objectsIn(content)),
          ...(status === "error" && { isError: true }),
        };
      }),
    json: type === "json_schema" ? { schema: parsed(objectIn(objectIn(structure).jsonSchema).schema) } : false,
  };
}

function textOf(blocks: readonly Readonly<Record<string, unknown>>[]): string {
  return blocks.map(({ text, json }) => (typeof text === "string" ? text : json ? JSON.stringify(json) : "")).join("");
}

/** A schema travels as text here. */
function parsed(schema: unknown): unknown {
  return typeof schema === "string" ? JSON.parse(schema) : schema;
}

function choiceIn({ any, tool }: Readonly<Record<string, unknown>>): Turn["choice"] {
  if (any !== undefined) return { kind: "any" };
  return tool === undefined ? { kind: "auto" } : { kind: "any", names: [String(objectIn(tool).name)] };
}
