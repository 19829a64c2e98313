import { asObject, asText, type Json } from "../wire/read.ts";

/** What the model said in an event of a stream, or in a whole answer, of any schema. */
export interface Said {
  /** Whether it said anything: text, thoughts, or a tool's arguments. */
  readonly any: boolean;
  readonly text: string;
}

/** Members that hold what a model writes, wherever they stand in an answer. */
const TEXTS: ReadonlySet<string> = new Set(["content", "text", "delta", "refusal", "transcript"]);
const OTHERS: ReadonlySet<string> = new Set([
  "thinking",
  "reasoning_content",
  "reasoning",
  "arguments",
  "partial_json",
  "functionCall",
  "b64_json",
  "audio",
]);
/** Members under which an answer has what was said. */
const PLACES = ["choices", "candidates", "content", "output", "delta", "content_block", "message", "item"] as const;

export function saidIn(value: Json): Said {
  // OpenAI's Responses say each piece once as a delta, and again when it is done.
  const type = asText(value.type) ?? "";
  if (/\.(done|completed|incomplete|failed)$/.test(type)) return { any: false, text: "" };
  const found: string[] = [];
  const others: string[] = [];
  const own = asText(value.delta) ?? asText(value.text);
  if (own !== undefined && own !== "") (type === "" || type.endsWith("text.delta") ? found : others).push(own);
  for (const name of PLACES) collect(value[name], found, others);
  return { any: found.length + others.length > 0, text: found.join("") };
}

function collect(value: unknown, found: string[], others: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, others);
    return;
  }
  const object = asObject(value);
  if (!object) return;
  const isThought = object.thought === true || asText(object.type)?.includes("reasoning") === true;
  for (const [name, member] of Object.entries(object)) {
    if (typeof member === "string") {
      if (member === "") continue;
      if (TEXTS.has(name)) (isThought ? others : found).push(member);
      else if (OTHERS.has(name)) others.push(member);
    } else if (OTHERS.has(name)) {
      if (member !== null) others.push(name);
    } else collect(member, found, others);
  }
}
