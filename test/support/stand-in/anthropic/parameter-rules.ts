import { openObject, outOfRange, type Problem, type Rule, strangeField } from "../check.ts";
import { isObject } from "../orders.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { FIELDS, TOOL_FIELDS } from "./fields.ts";
import { isNewVersion, VERSIONS } from "./versions.ts";

const NESTED: Readonly<Record<string, readonly string[]>> = {
  metadata: ["user_id"],
  output_config: ["effort", "format"],
  tool_choice: ["type", "name", "disable_parallel_tool_use"],
  thinking: ["type", "budget_tokens", "display"],
};

const RANGES = { temperature: [0, 1], top_p: [0, 1], top_k: [0, 1e9], max_tokens: [0, 1e9] } as const;

/** What Anthropic insists on in everything but the messages. */
export const PARAMETER_RULES: readonly Rule[] = [
  version,
  unknownFields,
  required,
  ranges,
  sampling,
  thinking,
  tools,
  output,
];

const extra = (path: string): Problem => ({ message: `${path}: Extra inputs are not permitted` });

function version({ call, fields, headers }: Asked): Problem | undefined {
  if (call === "messages") {
    const given = headers["anthropic-version"];
    if (given === undefined) return { message: "anthropic-version: header is required" };
    return VERSIONS.includes(String(given))
      ? undefined
      : { message: `anthropic-version: "${given}" is not a valid version` };
  }
  if (fields.anthropic_version === "vertex-2023-10-16") return undefined;
  return { message: "anthropic_version: Input should be 'vertex-2023-10-16'" };
}

function unknownFields({ call, fields }: Asked): Problem | undefined {
  const { model: _, ...withoutModel } = FIELDS;
  const known =
    call === "messages" ? Object.keys(FIELDS) : [...Object.keys(withoutModel), "anthropic_version", "anthropic_beta"];
  const strange = strangeField(fields, known);
  if (strange) return extra(strange);
  for (const [name, inner] of Object.entries(NESTED)) {
    const field = strangeField(fields[name], inner);
    if (field) return extra(`${name}.${field}`);
  }
  return undefined;
}

function required({ call, fields }: Asked): Problem | undefined {
  const names = call === "messages" ? ["model", "max_tokens", "messages"] : ["max_tokens", "messages"];
  const absent = names.find((name) => fields[name] === undefined || fields[name] === null);
  return absent ? { message: `${absent}: Field required` } : undefined;
}

function ranges({ fields }: Asked): Problem | undefined {
  const wrong = outOfRange(fields, RANGES);
  if (wrong) return { message: `${wrong.name}: range: ${wrong.least}..${wrong.most}` };
  const blank = Array.isArray(fields.stop_sequences) && fields.stop_sequences.some((stop) => !String(stop).trim());
  return blank ? { message: "stop_sequences: each stop sequence must contain non-whitespace" } : undefined;
}

/** The new version has no such parameters. From Opus 4.7 on a model samples as it likes; from Opus 4.1 on it takes one. */
function sampling(asked: Asked): Problem | undefined {
  const { fields, model } = asked;
  const removed = ["temperature", "top_p", "top_k"].find((name) => fields[name] !== undefined);
  if (removed && isNewVersion(asked)) return extra(removed);
  const set = ["temperature", "top_p", "top_k"].filter(
    (name) => typeof fields[name] === "number" && fields[name] !== 1,
  );
  if (set[0] && isSinceOpus47(model)) {
    return { message: `\`${set[0]}\` is deprecated for this model.` };
  }
  if (fields.temperature === undefined || fields.top_p === undefined) return undefined;
  if (!/claude-(?:opus-4-1|(?:opus|sonnet|haiku)-4-[5-9])(?!\d)/.test(model)) return undefined;
  return { message: "`temperature` and `top_p` cannot both be specified for this model. Please use only one." };
}

const isSinceOpus47 = (model: string) => /claude-(?:opus-4-[7-9]|(?:opus|sonnet|haiku)-[5-9])/.test(model);

function thinking({ fields, model }: Asked): Problem | undefined {
  const { type, budget_tokens } = objectIn(fields.thinking);
  if (type === undefined || type === "disabled") return undefined;
  if (type === "enabled") {
    if (isSinceOpus47(model)) {
      return { message: '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".' };
    }
    if (typeof budget_tokens !== "number") return { message: "thinking.enabled.budget_tokens: Field required" };
    if (budget_tokens < 1024) {
      return { message: "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024" };
    }
    if (Number(fields.max_tokens) <= budget_tokens) {
      return { message: "`max_tokens` must be greater than `thinking.budget_tokens`." };
    }
  }
  if (fields.temperature !== undefined && fields.temperature !== 1) {
    return { message: "`temperature` may only be set to 1 when thinking is enabled." };
  }
  if (fields.top_k !== undefined) return { message: "`top_k` must be unset when thinking is enabled." };
  if (typeof fields.top_p === "number" && fields.top_p < 0.95) {
    return { message: "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled." };
  }
  const choice = objectIn(fields.tool_choice).type;
  if (choice !== "any" && choice !== "tool") return undefined;
  return { message: "Thinking may not be enabled when tool_choice forces tool use." };
}

function tools({ fields }: Asked): Problem | undefined {
  const offered = objectsIn(fields.tools);
  for (const [at, tool] of offered.entries()) {
    // Anthropic's own tools have a type with a date.
    if (tool.type !== undefined && tool.type !== "custom" && tool.type !== null) continue;
    const path = `tools.${at}.custom`;
    const strange = strangeField(tool, Object.keys(TOOL_FIELDS));
    if (strange) return extra(`${path}.${strange}`);
    if (typeof tool.name !== "string" || !/^[\w-]{1,128}$/.test(tool.name)) {
      return { message: `${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'` };
    }
    if (!isObject(tool.input_schema)) return { message: `${path}.input_schema: Field required` };
    if (tool.input_schema.type !== "object") return { message: `${path}.input_schema.type: Input should be 'object'` };
  }
  const names = offered.map(({ name }) => name);
  if (new Set(names).size !== names.length) return { message: "tools: Tool names must be unique." };
  const { type, name } = objectIn(fields.tool_choice);
  if (type === undefined) return undefined;
  if (offered.length === 0) return { message: "tool_choice may only be specified while providing tools." };
  if (type !== "tool" || names.includes(name)) return undefined;
  return { message: `tool_choice: Tool '${name}' not found in provided tools` };
}

function output({ fields }: Asked): Problem | undefined {
  const { type, schema } = objectIn(objectIn(fields.output_config).format);
  const open = type === "json_schema" ? openObject(schema) : undefined;
  if (!open) return undefined;
  return {
    message: `output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false (${open})`,
  };
}
