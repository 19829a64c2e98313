import type OpenAI from "openai";
import { formatList } from "../format.ts";
import { schemaProblem } from "./check-schema.ts";
import { isRecord, readJson } from "./read-json.ts";
import { readTools } from "./tools.ts";
import type { ChatBody, Picture, Run, Setup } from "./types.ts";

/** What is wrong with what was entered, by its field. */
export type SetupProblems = Readonly<Partial<Record<keyof Setup, string>>>;

export function problemsOf(setup: Setup): SetupProblems {
  const tools = readTools(setup.tools);
  const schema = setup.format === "json_schema" ? readSchema(setup.schema) : undefined;
  return {
    ...outside(setup, "temperature", 0, 2),
    ...outside(setup, "topP", 0, 1),
    ...(isWhole(setup.maxTokens, 1) ? {} : { maxTokens: "A whole number of at least 1." }),
    ...(isWhole(setup.seed, Number.MIN_SAFE_INTEGER) ? {} : { seed: "A whole number." }),
    ...(stopsOf(setup).length > 4 ? { stop: "Four at most, one a line." } : {}),
    ...(tools.ok ? {} : { tools: tools.problem }),
    ...(typeof schema === "string" ? { schema } : {}),
  };
}

const LABELS: Readonly<Partial<Record<keyof Setup, string>>> = {
  temperature: "Temperature",
  topP: "Top p",
  maxTokens: "Max tokens",
  seed: "Seed",
  stop: "Stop at",
  tools: "Tools",
  schema: "JSON Schema",
};

/** Which fields are to be mended before anything can be sent; undefined if none. */
export function tellProblems(problems: SetupProblems): string | undefined {
  const fields = (Object.keys(problems) as (keyof Setup)[]).map((name) => LABELS[name] ?? name);
  return fields.length > 0 ? `Not sent yet. Correct this first: ${formatList(fields)}.` : undefined;
}

function outside(setup: Setup, name: "temperature" | "topP", least: number, most: number): SetupProblems {
  const value = Number(setup[name]);
  return value >= least && value <= most ? {} : { [name]: `A number from ${least} to ${most}.` };
}

function isWhole(text: string, least: number): boolean {
  return text === "" || (Number.isSafeInteger(Number(text)) && Number(text) >= least);
}

function readSchema(text: string): object | string {
  const read = readJson(text);
  if (!read.ok) return read.problem;
  if (!isRecord(read.value)) return "The schema must be an object.";
  return schemaProblem(read.value) ?? read.value;
}

function stopsOf({ stop }: Setup): string[] {
  return stop.split("\n").filter((line) => line !== "");
}

/** The request to one model. Only for what {@link problemsOf} finds nothing in. */
export function bodyOf(setup: Setup, pictures: readonly Picture[], model: string): ChatBody {
  const { system, temperature, maxTokens, topP, seed, effort } = setup;
  const tools = readTools(setup.tools);
  const stops = stopsOf(setup);
  return {
    model,
    messages: [
      ...(system.trim() ? [{ role: "system", content: system } as const] : []),
      { role: "user", content: contentOf(setup.prompt.trim(), pictures) },
    ],
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature !== "" && { temperature: Number(temperature) }),
    ...(maxTokens !== "" && { max_completion_tokens: Number(maxTokens) }),
    ...(topP !== "" && { top_p: Number(topP) }),
    ...(stops.length > 0 && { stop: stops }),
    ...(seed !== "" && { seed: Number(seed) }),
    ...(effort !== "" && { reasoning_effort: effort as OpenAI.ReasoningEffort }),
    ...(tools.ok && tools.tools.length > 0 && { tools: [...tools.tools] }),
    ...formatOf(setup),
  };
}

function contentOf(prompt: string, pictures: readonly Picture[]): OpenAI.ChatCompletionUserMessageParam["content"] {
  if (pictures.length === 0) return prompt;
  return [
    ...(prompt ? [{ type: "text", text: prompt } as const] : []),
    ...pictures.map(({ url }) => ({ type: "image_url", image_url: { url } }) as const),
  ];
}

function formatOf({ format, schema }: Setup): Pick<ChatBody, "response_format"> {
  if (format === "text") return {};
  if (format === "json_object") return { response_format: { type: "json_object" } };
  const read = readSchema(schema) as Record<string, unknown>;
  return { response_format: { type: "json_schema", json_schema: { name: "answer", schema: read, strict: true } } };
}

/** The request that gives a run's tool calls their results, by the call's id. */
export function bodyAfterTools({ body, text, toolCalls }: Run, results: Readonly<Record<string, string>>): ChatBody {
  return {
    ...body,
    messages: [
      ...body.messages,
      {
        role: "assistant",
        content: text || null,
        tool_calls: toolCalls.map(({ id, name, arguments: given }) => ({
          id,
          type: "function",
          function: { name, arguments: given },
        })),
      },
      ...toolCalls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: results[id] ?? "" }) as const),
    ],
  };
}
