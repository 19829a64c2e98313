import { isObject, type Json } from "../read.ts";

const CALLS = ["functionCall", "function_call", "functionResponse", "function_response"];

/** A `generateContent` body for Vertex, which refuses the ids of calls that the Gemini API gives and wants back. */
export function geminiForVertex(body: Json): Record<string, unknown> {
  return { ...body, ...("contents" in body && { contents: mapped(body.contents, withoutIds) }) };
}

function withoutIds(content: Json): Json {
  return "parts" in content ? { ...content, parts: mapped(content.parts, withoutId) } : content;
}

function withoutId(part: Json): Json {
  const name = CALLS.find((key) => isObject(part[key]));
  if (name === undefined) return part;
  const { id: _, ...call } = part[name] as Json;
  return { ...part, [name]: call };
}

/** One object stands for a list of one, as the API has it. */
function mapped(value: unknown, change: (item: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (isObject(item) ? change(item) : item));
  return isObject(value) ? change(value) : value;
}
