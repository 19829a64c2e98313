import { openObject, outOfRange, type Problem, type Rule } from "../check.ts";
import type { Fields } from "../orders.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { isMistral } from "./dialects.ts";

const RANGES = {
  temperature: [0, 2],
  top_p: [0, 1],
  n: [1, 128],
  top_logprobs: [0, 20],
  presence_penalty: [-2, 2],
} as const;
const NAME = /^[\w-]{1,64}$/;
const MAX_ID = 40;

/** What OpenAI insists on in a chat completion, and Mistral beyond it. */
export const CHAT_RULES: readonly Rule[] = [
  ({ fields }) => {
    if (!Array.isArray(fields.messages)) return missing("messages");
    if (fields.messages.length === 0)
      return invalid("messages", "empty array. Expected an array with minimum length 1");
    return undefined;
  },
  ({ fields }) => {
    const wrong = outOfRange(fields, RANGES);
    return (
      wrong && invalid(wrong.name, `expected a value between ${wrong.least} and ${wrong.most}, got ${wrong.value}`)
    );
  },
  ofReasoningModels,
  ofMistral,
  callIds,
  results,
  tools,
  structuredOutput,
];

const missing = (param: string): Problem => ({
  message: `Missing required parameter: '${param}'.`,
  param,
  code: "missing_required_parameter",
});
const invalid = (param: string, why: string): Problem => ({
  message: `Invalid '${param}': ${why}.`,
  param,
  code: "invalid_value",
});

function ofReasoningModels({ fields, model }: Asked): Problem | undefined {
  if (!/^(?:o\d|gpt-5(?!-chat))/.test(model) || typeof fields.max_tokens !== "number") return undefined;
  const message =
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
  return { message, param: "max_tokens", code: "unsupported_parameter" };
}

/** Mistral refuses what it does not know, and tells a stream's usage unasked. */
function ofMistral(asked: Asked): Problem | undefined {
  const strange = isMistral(asked) && ["stream_options", "seed"].find((name) => asked.fields[name] !== undefined);
  if (!strange) return undefined;
  return { status: 422, message: `Extra inputs are not permitted: ${strange}`, param: strange };
}

function callIds(asked: Asked): Problem | undefined {
  for (const [at, message] of objectsIn(asked.fields.messages).entries()) {
    const calls = objectsIn(message.tool_calls).map(({ id }, call) => [id, `tool_calls[${call}].id`] as const);
    const answered = message.role === "tool" ? ([[message.tool_call_id, "tool_call_id"]] as const) : [];
    for (const [id, name] of [...calls, ...answered]) {
      const param = `messages[${at}].${name}`;
      if (typeof id !== "string") return missing(param);
      if (isMistral(asked) && !/^[a-zA-Z0-9]{9}$/.test(id)) {
        return {
          message: `Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`,
          param,
          code: "3280",
        };
      }
      if (id.length > MAX_ID) {
        const why = `string too long. Expected a string with maximum length ${MAX_ID}, but instead got a string with length ${id.length} instead`;
        return { ...invalid(param, why), code: "string_above_max_length" };
      }
    }
  }
  return undefined;
}

function results({ fields }: Asked): Problem | undefined {
  let open = new Set<string>();
  for (const [at, message] of [...objectsIn(fields.messages), { role: "end" }].entries()) {
    const { role, tool_call_id, tool_calls } = message as Fields;
    if (role === "tool") {
      if (open.delete(String(tool_call_id))) continue;
      return {
        message: `Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls' (tool_call_id ${tool_call_id}).`,
        param: `messages[${at}].role`,
      };
    }
    if (open.size > 0) {
      return {
        message: `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(", ")}`,
        param: `messages[${at}].role`,
      };
    }
    open = new Set(objectsIn(tool_calls).map(({ id }) => String(id)));
    for (const call of objectsIn(tool_calls)) {
      if (typeof objectIn(call.function).arguments === "string") continue;
      return invalid(`messages[${at}].tool_calls[0].function.arguments`, "expected a string");
    }
  }
  return undefined;
}

function tools({ fields }: Asked): Problem | undefined {
  const offered = objectsIn(fields.tools);
  for (const name of ["tool_choice", "parallel_tool_calls"]) {
    if (fields[name] === undefined || fields[name] === null || offered.length > 0) continue;
    return invalid(name, `'${name}' is only allowed when 'tools' are specified`);
  }
  for (const [at, tool] of offered.entries()) {
    const { name, parameters, strict } = objectIn(tool.function);
    if (tool.type !== "function") continue;
    if (typeof name === "string" && !NAME.test(name)) {
      return invalid(`tools[${at}].function.name`, "string does not match pattern '^[a-zA-Z0-9_-]+$'");
    }
    const open = strict === true ? openObject(parameters) : undefined;
    if (open) return schemaProblem(`function '${name}'`, open, `tools[${at}].function.parameters`);
  }
  return undefined;
}

function structuredOutput({ fields }: Asked): Problem | undefined {
  const { type, json_schema } = objectIn(fields.response_format);
  if (type === "json_object" && !/json/i.test(JSON.stringify(fields.messages))) {
    const message =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    return { message, param: "messages" };
  }
  if (type !== "json_schema") return undefined;
  const { name, schema, strict } = objectIn(json_schema);
  if (typeof name !== "string" || !NAME.test(name)) return missing("response_format.json_schema.name");
  const open = strict === true ? openObject(schema) : undefined;
  return open ? schemaProblem(`response_format '${name}'`, open, "response_format") : undefined;
}

/** What OpenAI says of a strict schema that leaves an object open. */
export function schemaProblem(what: string, where: string, param: string): Problem {
  const message = `Invalid schema for ${what}: In context=(${where}), 'additionalProperties' is required to be supplied and to be false.`;
  return { message, param, code: "invalid_json_schema" };
}
