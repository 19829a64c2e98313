import { type Asked, objectIn, objectsIn, type ToolResult, type Turn } from "../turn.ts";

/** What a Messages request asks of the model. */
export function anthropicTurn({ fields }: Asked): Turn {
  const messages = objectsIn(fields.messages);
  const last = messages.at(-1);
  const blocks = blocksOf(last?.content);
  const names = new Map(
    messages
      .flatMap(({ content }) => objectsIn(content))
      .filter(({ type }) => type === "tool_use")
      .map(({ id, name }) => [id, String(name)] as const),
  );
  const results = blocks
    .filter(({ type }) => type === "tool_result")
    .map(
      ({ tool_use_id, content, is_error }): ToolResult => ({
        id: String(tool_use_id),
        name: names.get(tool_use_id),
        text: textOf(blocksOf(content)),
        ...(is_error === true && { isError: true }),
      }),
    );
  const choice = objectIn(fields.tool_choice);
  const { type, schema } = objectIn(objectIn(fields.output_config).format ?? fields.output_format);
  return {
    tools: objectsIn(fields.tools)
      .filter((tool) => tool.input_schema !== undefined)
      .map((tool) => ({ name: String(tool.name), schema: tool.input_schema })),
    choice: choiceIn(choice),
    oneCall: choice.disable_parallel_tool_use === true,
    userText: last?.role === "user" ? textOf(blocks) : "",
    results,
    json: type === "json_schema" ? { schema } : false,
  };
}

/** A content as blocks: a string is one block of text. */
export function blocksOf(content: unknown) {
  return typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
}

function textOf(blocks: readonly Readonly<Record<string, unknown>>[]): string {
  return blocks.map(({ text }) => (typeof text === "string" ? text : "")).join("");
}

function choiceIn({ type, name }: Readonly<Record<string, unknown>>): Turn["choice"] {
  if (type === "none") return { kind: "none" };
  if (type === "any") return { kind: "any" };
  return type === "tool" ? { kind: "any", names: [String(name)] } : { kind: "auto" };
}
