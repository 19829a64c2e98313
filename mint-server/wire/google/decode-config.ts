import type { ChatRequest, OutputFormat, ReasoningWish, Setting } from "../chat-request.ts";
import { EFFORTS } from "../chat-request.ts";
import { FieldError, needList, needObject, needText } from "../read.ts";
import { type Fields, readFields } from "./fields.ts";
import { toJsonSchema } from "./json-schema.ts";

const CONFIG = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "stopSequences",
  "seed",
  "candidateCount",
  "presencePenalty",
  "frequencyPenalty",
  "responseLogprobs",
  "logprobs",
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "responseModalities",
  "thinkingConfig",
  "mediaResolution",
  "speechConfig",
] as const;
type ConfigFields = Fields<(typeof CONFIG)[number]>;
type Asked = Map<Setting, string>;
type Wished = { -readonly [Key in keyof ChatRequest]?: ChatRequest[Key] };

/** Numbers that are named alike but for their spelling. */
const NUMBERS = {
  maxOutputTokens: "maxTokens",
  temperature: "temperature",
  topP: "topP",
  topK: "topK",
  seed: "seed",
  candidateCount: "choices",
  presencePenalty: "presencePenalty",
  frequencyPenalty: "frequencyPenalty",
} as const;

/** `generationConfig`, and what it asks for. @throws {FieldError} */
export function decodeConfig(value: unknown, at: string, asked: Asked): { wished: Wished; resolution?: string } {
  const fields = readFields(value ?? {}, at, CONFIG);
  const wished: Wished = {};
  for (const [field, setting] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, (typeof NUMBERS)["topK"]][]) {
    const number = fields.number(field);
    if (number === undefined) continue;
    wished[setting] = number;
    if (!isUsual(field, number)) asked.set(setting, fields.at(field));
  }
  Object.assign(
    wished,
    decodeStop(fields, asked),
    decodeLogprobs(fields, asked),
    decodeOutput(fields, asked),
    decodeThinking(fields, asked),
  );
  checkModalities(fields, asked);
  const resolution = fields.text("mediaResolution");
  return { wished, ...(resolution && { resolution }) };
}

function isUsual(field: keyof typeof NUMBERS, number: number): boolean {
  return field.endsWith("Penalty") ? number === 0 : field === "candidateCount" && number === 1;
}

function decodeStop(fields: ConfigFields, asked: Asked): Wished {
  const list = fields.get("stopSequences");
  if (list === undefined) return {};
  const at = fields.at("stopSequences");
  const stop = needList(list, at).map((item, index) => needText(item, `${at}[${index}]`));
  if (stop.length === 0) return {};
  asked.set("stop", at);
  return { stop };
}

function decodeLogprobs(fields: ConfigFields, asked: Asked): Wished {
  const topLogprobs = fields.number("logprobs");
  if (!fields.boolean("responseLogprobs")) return {};
  asked.set("logprobs", fields.at("responseLogprobs"));
  return { logprobs: true, ...(topLogprobs !== undefined && { topLogprobs }) };
}

function decodeOutput(fields: ConfigFields, asked: Asked): { output?: OutputFormat } {
  const type = fields.text("responseMimeType") ?? "text/plain";
  if (type !== "text/plain" && type !== "application/json") {
    const at = fields.at("responseMimeType");
    throw new FieldError(at, `\`${at}\` must be text/plain or application/json for this model.`);
  }
  for (const name of ["responseJsonSchema", "responseSchema"] as const) {
    const given = fields.get(name);
    if (given === undefined) continue;
    const schema = needObject(given, fields.at(name));
    asked.set("jsonSchema", fields.at(name));
    return {
      output: { kind: "schema", name: "response", schema: name === "responseSchema" ? toJsonSchema(schema) : schema },
    };
  }
  if (type === "text/plain") return {};
  asked.set("jsonMode", fields.at("responseMimeType"));
  return { output: { kind: "json" } };
}

function decodeThinking(fields: ConfigFields, asked: Asked): { reasoning?: ReasoningWish } {
  const given = fields.get("thinkingConfig");
  if (given === undefined) return {};
  const names = ["includeThoughts", "thinkingBudget", "thinkingLevel"] as const;
  const thinking = readFields(given, fields.at("thinkingConfig"), names);
  const budgetTokens = thinking.number("thinkingBudget");
  const level = thinking.text("thinkingLevel")?.toLowerCase();
  const effort = EFFORTS.find((word) => word === level);
  if (level && !effort && level !== "thinking_level_unspecified") {
    const at = thinking.at("thinkingLevel");
    throw new FieldError(at, `\`${at}\` must be MINIMAL, LOW, MEDIUM or HIGH.`);
  }
  if (effort || (budgetTokens !== undefined && budgetTokens > 0)) {
    asked.set("reasoning", thinking.at(effort ? "thinkingLevel" : "thinkingBudget"));
  }
  return {
    reasoning: {
      ...(effort && { effort }),
      ...(budgetTokens !== undefined && { budgetTokens }),
      show: thinking.boolean("includeThoughts") ?? false,
    },
  };
}

function checkModalities(fields: ConfigFields, asked: Asked): void {
  if (fields.get("speechConfig") !== undefined) asked.set("audioOutput", fields.at("speechConfig"));
  const list = fields.get("responseModalities");
  if (list === undefined) return;
  needList(list, fields.at("responseModalities")).forEach((item, index) => {
    const at = `${fields.at("responseModalities")}[${index}]`;
    const modality = needText(item, at).toUpperCase();
    if (modality === "AUDIO") asked.set("audioOutput", at);
    else if (modality !== "TEXT") throw new FieldError(at, `\`${at}\` must be TEXT for this model.`);
  });
}
