import { type Asked, objectIn, objectsIn, type ToolResult, type Turn } from "../turn.ts";
import { camelCased } from "./camel.ts";

/** What a Gemini request asks of the model. */
export function geminiTurn(asked: Asked): Turn {
  const fields = objectIn(camelCased(asked.fields));
  const last = objectsIn(fields.contents).at(-1);
  const parts = objectsIn(last?.parts);
  const config = objectIn(fields.generationConfig);
  const { mode, allowedFunctionNames } = objectIn(objectIn(fields.toolConfig).functionCallingConfig);
  return {
    tools: objectsIn(fields.tools)
      .flatMap(({ functionDeclarations }) => objectsIn(functionDeclarations))
      .map(({ name, parameters, parametersJsonSchema }) => ({
        name: String(name),
        schema: parametersJsonSchema ?? parameters,
      })),
    choice: choiceIn(mode, allowedFunctionNames),
    oneCall: false,
    userText: last?.role === "model" ? "" : parts.map(({ text }) => (typeof text === "string" ? text : "")).join(""),
    results: parts
      .filter(({ functionResponse }) => functionResponse !== undefined)
      .map(({ functionResponse }): ToolResult => {
        const { id, name, response } = objectIn(functionResponse);
        return { id: id as string | undefined, name: String(name), text: resultText(response) };
      }),
    json:
      config.responseMimeType === "application/json"
        ? { schema: config.responseJsonSchema ?? config.responseSchema }
        : false,
  };
}

/** A result is an object here; its text, if it is nothing else. */
function resultText(response: unknown): string {
  const values = Object.values(objectIn(response));
  return values.length === 1 && typeof values[0] === "string" ? values[0] : JSON.stringify(response);
}

function choiceIn(mode: unknown, names: unknown): Turn["choice"] {
  if (mode === "NONE") return { kind: "none" };
  if (mode !== "ANY") return { kind: "auto" };
  return Array.isArray(names) && names.length > 0 ? { kind: "any", names: names.map(String) } : { kind: "any" };
}
