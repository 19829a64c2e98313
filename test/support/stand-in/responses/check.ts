import type { ResponseCreateParams } from "openai/resources/responses/responses";
import { firstProblem, openObject, outOfRange, type Problem, type Rule, strangeField } from "../check.ts";
import { schemaProblem } from "../openai/chat-rules.ts";
import { inspect } from "../seal.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { isStored } from "./stored.ts";

/** Every parameter there is: one that the SDK adds or drops no longer compiles. */
const PARAMETERS = {
  access_programs: 1,
  background: 1,
  context_management: 1,
  conversation: 1,
  image: 1,
  include: 1,
  input: 1,
  instructions: 1,
  max_output_tokens: 1,
  max_tool_calls: 1,
  metadata: 1,
  model: 1,
  moderation: 1,
  parallel_tool_calls: 1,
  previous_response_id: 1,
  prompt: 1,
  prompt_cache_key: 1,
  prompt_cache_options: 1,
  prompt_cache_retention: 1,
  reasoning: 1,
  safety_identifier: 1,
  service_tier: 1,
  store: 1,
  stream: 1,
  stream_options: 1,
  temperature: 1,
  text: 1,
  tool_choice: 1,
  tools: 1,
  top_logprobs: 1,
  top_p: 1,
  truncation: 1,
  user: 1,
} satisfies Record<keyof ResponseCreateParams, 1>;

const NESTED: Readonly<Record<string, readonly string[]>> = {
  stream_options: ["include_obfuscation"],
  text: ["format", "verbosity"],
};

const RANGES = { temperature: [0, 2], top_p: [0, 1], max_output_tokens: [16, 1e9], top_logprobs: [0, 20] } as const;
const MAX_CALL_ID = 64;
const PREFIXES: Readonly<Record<string, string>> = { reasoning: "rs", function_call: "fc", message: "msg" };

/** What OpenAI insists on in a Responses request. */
export const checkResponses: Rule = (asked) =>
  firstProblem([parameters, ranges, ids, references, results, reasoning, tools, output], asked);

const unknown = (param: string): Problem => ({
  message: `Unknown parameter: '${param}'.`,
  param,
  code: "unknown_parameter",
});
const invalid = (param: string, why: string): Problem => ({
  message: `Invalid '${param}': ${why}.`,
  param,
  code: "invalid_value",
});

function parameters({ fields }: Asked): Problem | undefined {
  const strange = strangeField(fields, Object.keys(PARAMETERS));
  if (strange) return unknown(strange);
  for (const [name, known] of Object.entries(NESTED)) {
    const inner = strangeField(fields[name], known);
    if (inner) return unknown(`${name}.${inner}`);
  }
  return undefined;
}

function ranges({ fields }: Asked): Problem | undefined {
  const wrong = outOfRange(fields, RANGES);
  return wrong && invalid(wrong.name, `expected a value between ${wrong.least} and ${wrong.most}, got ${wrong.value}`);
}

function ids({ fields }: Asked): Problem | undefined {
  for (const [at, { type = "message", id, call_id }] of objectsIn(fields.input).entries()) {
    const prefix = PREFIXES[String(type)];
    if (typeof id === "string" && prefix && !id.startsWith(prefix)) {
      return invalid(`input[${at}].id`, `'${id}'. Expected an ID that begins with '${prefix}'`);
    }
    if (typeof call_id === "string" && call_id.length > MAX_CALL_ID) {
      const why = `string too long. Expected a string with maximum length ${MAX_CALL_ID}`;
      return { ...invalid(`input[${at}].call_id`, why), code: "string_above_max_length" };
    }
  }
  return undefined;
}

/** What is kept is anybody's who has the key. */
function references({ fields }: Asked): Problem | undefined {
  const { previous_response_id: previous } = fields;
  if (typeof previous === "string" && !isStored(previous)) {
    const message = `Previous response with id '${previous}' not found.`;
    return { message, param: "previous_response_id", code: "previous_response_not_found" };
  }
  const lost = objectsIn(fields.input).find(({ type, id }) => type === "item_reference" && !isStored(String(id)));
  return lost && { status: 404, message: `Item with id '${lost.id}' not found.`, param: "input" };
}

function results({ fields }: Asked): Problem | undefined {
  // What came before is at the provider: only it can tell.
  if (fields.previous_response_id || fields.conversation) return undefined;
  const items = objectsIn(fields.input);
  const called = items.filter(({ type }) => type === "function_call").map(({ call_id }) => call_id);
  const answered = items.filter(({ type }) => type === "function_call_output").map(({ call_id }) => call_id);
  const lost = answered.find((id) => !called.includes(id));
  if (lost !== undefined) {
    return { message: `No tool call found for function call output with call_id ${lost}.`, param: "input" };
  }
  const open = called.find((id) => !answered.includes(id));
  return open === undefined
    ? undefined
    : { message: `No tool output found for function call ${open}.`, param: "input" };
}

function reasoning({ fields }: Asked): Problem | undefined {
  const items = objectsIn(fields.input);
  for (const [at, { type, id, encrypted_content }] of items.entries()) {
    if (type !== "reasoning") continue;
    const next = items[at + 1];
    if (next === undefined || next.role === "user") {
      const message = `Item '${id}' of type 'reasoning' was provided without its required following item.`;
      return { message, param: "input" };
    }
    if (encrypted_content === undefined || encrypted_content === null) continue;
    if (inspect(`responses ${id}`, encrypted_content) === "genuine") continue;
    const message = `The encrypted content for item ${id} could not be verified.`;
    return { message, param: `input[${at}].encrypted_content`, code: "invalid_encrypted_content" };
  }
  return undefined;
}

function tools({ fields }: Asked): Problem | undefined {
  for (const [at, { type, name, strict, parameters: schema }] of objectsIn(fields.tools).entries()) {
    if (type !== "function") continue;
    const param = `tools[${at}].name`;
    if (typeof name !== "string") {
      return { message: `Missing required parameter: '${param}'.`, param, code: "missing_required_parameter" };
    }
    if (!/^[\w-]{1,64}$/.test(name)) return invalid(param, "string does not match pattern '^[a-zA-Z0-9_-]+$'");
    const open = strict === true ? openObject(schema) : undefined;
    if (open) return schemaProblem(`function '${name}'`, open, `tools[${at}].parameters`);
  }
  return undefined;
}

function output({ fields }: Asked): Problem | undefined {
  const { type, name, schema, strict } = objectIn(objectIn(fields.text).format);
  if (type !== "json_schema") return undefined;
  const param = "text.format.name";
  if (typeof name !== "string") {
    return { message: `Missing required parameter: '${param}'.`, param, code: "missing_required_parameter" };
  }
  const open = strict === true ? openObject(schema) : undefined;
  return open ? schemaProblem(`response_format '${name}'`, open, "text.format.schema") : undefined;
}
