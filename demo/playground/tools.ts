import type OpenAI from "openai";
import { schemaProblem } from "./check-schema.ts";
import { isRecord, readJson } from "./read-json.ts";

export type Tool = OpenAI.ChatCompletionFunctionTool;

export type ReadTools =
  | { readonly ok: true; readonly tools: readonly Tool[] }
  | { readonly ok: false; readonly problem: string };

/** Tools as a person typed them: as the API has them, or only their functions. Empty: none. */
export function readTools(text: string): ReadTools {
  if (text.trim() === "") return { ok: true, tools: [] };
  const read = readJson(text);
  if (!read.ok) return read;
  if (!Array.isArray(read.value)) return wrong("Tools are a list: [ … ].");
  const tools: Tool[] = [];
  for (const [at, value] of read.value.entries()) {
    const problem = addTool(tools, value, `Tool ${at + 1}`);
    if (problem) return wrong(problem);
  }
  return { ok: true, tools };
}

/** Adds one; or says what is wrong with it. */
function addTool(tools: Tool[], value: unknown, at: string): string | undefined {
  if (!isRecord(value)) return `${at} must be an object.`;
  if (value.type !== undefined && value.type !== "function") return `${at} must have the type "function".`;
  const given = value.type === "function" ? value.function : value;
  if (!isRecord(given)) return `${at} has no function.`;
  const { name, description, parameters } = given;
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
    return `${at} needs a name of 1 to 64 letters, digits, dashes or underscores.`;
  }
  if (tools.some((tool) => tool.function.name === name)) return `Two tools have the name ${name}.`;
  if (description !== undefined && typeof description !== "string") return `The description of ${name} must be a text.`;
  const problem = parameters === undefined ? undefined : schemaProblem(parameters, `the parameters of ${name}`);
  if (problem) return problem;
  if (isRecord(parameters) && parameters.type !== "object")
    return `The parameters of ${name} must have the type "object".`;
  tools.push({ type: "function", function: given as unknown as Tool["function"] });
  return undefined;
}

function wrong(problem: string): ReadTools {
  return { ok: false, problem };
}

/** To begin with. */
export const EXAMPLE_TOOLS = JSON.stringify(
  [
    {
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather of a place, now.",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      },
    },
  ],
  undefined,
  2,
);

export const EXAMPLE_SCHEMA = JSON.stringify(
  {
    type: "object",
    properties: {
      summary: { type: "string" },
      topics: { type: "array", items: { type: "string" } },
      sentiment: { type: "string", enum: ["good", "bad", "neither"] },
    },
    required: ["summary", "topics", "sentiment"],
    additionalProperties: false,
  },
  undefined,
  2,
);
