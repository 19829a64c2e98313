import type { ConverseCommandInput, InferenceConfiguration } from "@aws-sdk/client-bedrock-runtime";
import { outOfRange, type Problem, type Rule, strangeField } from "../check.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";

/** Every field there is; the model stands in the path. */
const FIELDS = {
  messages: 1,
  system: 1,
  inferenceConfig: 1,
  toolConfig: 1,
  guardrailConfig: 1,
  additionalModelRequestFields: 1,
  promptVariables: 1,
  additionalModelResponseFieldPaths: 1,
  requestMetadata: 1,
  performanceConfig: 1,
  serviceTier: 1,
  outputConfig: 1,
} satisfies Record<Exclude<keyof ConverseCommandInput, "modelId">, 1>;

const INFERENCE = { maxTokens: 1, temperature: 1, topP: 1, stopSequences: 1 } satisfies Record<
  keyof InferenceConfiguration,
  1
>;
const TOOL_CONFIG = ["tools", "toolChoice"];
const RANGES = { temperature: [0, 1], topP: [0, 1], maxTokens: [1, 1e9] } as const;

/** What Bedrock insists on in everything but the messages. */
export const CONVERSE_RULES: readonly Rule[] = [unknownFields, ranges, tools, thinking];

function unknownFields({ fields }: Asked): Problem | undefined {
  const tables = [
    ["", fields, Object.keys(FIELDS)],
    ["inferenceConfig.", fields.inferenceConfig, Object.keys(INFERENCE)],
    ["toolConfig.", fields.toolConfig, TOOL_CONFIG],
  ] as const;
  for (const [path, value, known] of tables) {
    const strange = strangeField(value, known);
    if (strange)
      return { message: `The model returned the following errors: ${path}${strange}: Extra inputs are not permitted` };
  }
  return undefined;
}

function ranges({ fields }: Asked): Problem | undefined {
  const wrong = outOfRange(objectIn(fields.inferenceConfig), RANGES);
  if (!wrong) return undefined;
  const { name, value, least, most } = wrong;
  const than =
    typeof value === "number" && value < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
  return constraint(`inferenceConfig.${name}`, value, `Member must have value ${than}`);
}

/** What AWS says of a value that breaks a rule of the service's model. */
export function constraint(path: string, value: unknown, why: string): Problem {
  return { message: `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${why}` };
}

function tools({ fields }: Asked): Problem | undefined {
  const { tools: offered, toolChoice } = objectIn(fields.toolConfig);
  if (fields.toolConfig !== undefined && objectsIn(offered).length === 0) {
    return constraint("toolConfig.tools", "[]", "Member must have length greater than or equal to 1");
  }
  const specs = objectsIn(offered).map(({ toolSpec }) => objectIn(toolSpec));
  for (const [at, { name, inputSchema, description }] of specs.entries()) {
    const path = `toolConfig.tools.${at}.toolSpec`;
    if (name === undefined) continue;
    if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
      return constraint(`${path}.name`, name, "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+");
    }
    if (description === "")
      return constraint(`${path}.description`, "", "Member must have length greater than or equal to 1");
    if (objectIn(objectIn(inputSchema).json).type === "object") continue;
    return { message: `The value at ${path}.inputSchema.json.type must be one of the following: object.` };
  }
  const { tool, any } = objectIn(toolChoice);
  const named = tool === undefined ? undefined : objectIn(tool).name;
  if (named !== undefined && !specs.some(({ name }) => name === named)) {
    return { message: `The toolChoice names the tool ${named}, which toolConfig.tools does not hold.` };
  }
  const thinks = objectIn(objectIn(fields.additionalModelRequestFields).thinking).type;
  if ((any === undefined && tool === undefined) || thinks === undefined || thinks === "disabled") return undefined;
  return modelError("Thinking may not be enabled when tool_choice forces tool use.");
}

/** What the model behind Bedrock refuses. */
export function modelError(message: string): Problem {
  return { message: `The model returned the following errors: ${message}` };
}

function thinking({ fields }: Asked): Problem | undefined {
  const { type, budget_tokens } = objectIn(objectIn(fields.additionalModelRequestFields).thinking);
  if (type !== "enabled") return undefined;
  const { maxTokens, temperature } = objectIn(fields.inferenceConfig);
  if (typeof budget_tokens !== "number" || budget_tokens < 1024) {
    return modelError("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
  }
  if (typeof maxTokens === "number" && maxTokens <= budget_tokens) {
    return modelError("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  if (temperature === undefined || temperature === 1) return undefined;
  return modelError("`temperature` may only be set to 1 when thinking is enabled.");
}
