import { outOfRange, type Problem, type Rule, strangeField } from "../check.ts";
import { type Fields, isObject } from "../orders.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { camelCased } from "./camel.ts";
import { unknownName } from "./content-rules.ts";
import { CONFIG, DECLARATION, ROOT, SCHEMA, THINKING, TOOL, TOOL_CONFIG } from "./fields.ts";

const RANGES = {
  temperature: [0, 2],
  topP: [0, 1],
  topK: [0, 1e6],
  maxOutputTokens: [1, 1e9],
  candidateCount: [1, 8],
} as const;

const NAME = /^[a-zA-Z_][\w.:-]{0,127}$/;

const onBody = (rule: (fields: Fields) => Problem | undefined) => (asked: Asked) =>
  rule(objectIn(camelCased(asked.fields)));

/** What Google insists on in everything but the contents. */
export const PARAMETER_RULES: readonly Rule[] = [unknownFields, config, tools, choice].map(onBody);

function unknownFields(fields: Fields): Problem | undefined {
  const tables: readonly (readonly [string, unknown, readonly string[]])[] = [
    ["", fields, ROOT],
    ["generationConfig", fields.generationConfig, CONFIG],
    ["generationConfig.thinkingConfig", objectIn(fields.generationConfig).thinkingConfig, THINKING],
    ["toolConfig", fields.toolConfig, TOOL_CONFIG],
    ["systemInstruction", fields.systemInstruction, ["parts", "role"]],
    ...objectsIn(fields.tools).map((tool, at) => [`tools[${at}]`, tool, TOOL] as const),
  ];
  for (const [path, value, known] of tables) {
    const strange = strangeField(value, known);
    if (strange) return unknownName(strange, path);
  }
  return undefined;
}

function config(fields: Fields): Problem | undefined {
  const generation = objectIn(fields.generationConfig);
  const wrong = outOfRange(generation, RANGES);
  if (wrong) {
    return invalid(
      wrong.name,
      `${wrong.name} must be in the range [${wrong.least}, ${wrong.most}], but was ${wrong.value}`,
    );
  }
  const { thinkingBudget, thinkingLevel } = objectIn(generation.thinkingConfig);
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    return invalid("thinkingConfig", "You can only set only one of thinking budget and thinking level.");
  }
  const { responseSchema, responseJsonSchema, responseMimeType } = generation;
  if (responseSchema === undefined && responseJsonSchema === undefined) return undefined;
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    return invalid("responseSchema", "only one of response_schema and response_json_schema may be set");
  }
  if (responseMimeType !== "application/json") {
    return invalid("responseMimeType", "a response schema needs the response mime type application/json");
  }
  return schemaProblem(responseSchema, "generationConfig.responseSchema");
}

const invalid = (name: string, why: string): Problem => ({
  message: `* GenerateContentRequest.generation_config.${name}: ${why}`,
});

/** The first word of a schema that Google does not know. */
function schemaProblem(schema: unknown, path: string): Problem | undefined {
  if (!isObject(schema)) return undefined;
  const strange = strangeField(schema, SCHEMA);
  if (strange) return unknownName(strange, path);
  if (Array.isArray(schema.type)) {
    return {
      message: `Invalid JSON payload received. Unknown name "type" at '${path}': Proto field is not repeating, cannot start list.`,
    };
  }
  const inner = [
    ...Object.entries(objectIn(schema.properties)).map(
      ([key, one]) => [one, `${path}.properties[${key}].value`] as const,
    ),
    [schema.items, `${path}.items`] as const,
    ...objectsIn(schema.anyOf).map((one, at) => [one, `${path}.anyOf[${at}]`] as const),
  ];
  for (const [one, place] of inner) {
    const problem = schemaProblem(one, place);
    if (problem) return problem;
  }
  return undefined;
}

function tools(fields: Fields): Problem | undefined {
  for (const [at, { functionDeclarations }] of objectsIn(fields.tools).entries()) {
    for (const [index, declaration] of objectsIn(functionDeclarations).entries()) {
      const path = `tools[${at}].functionDeclarations[${index}]`;
      const strange = strangeField(declaration, DECLARATION);
      if (strange) return unknownName(strange, path);
      const { name, parameters, parametersJsonSchema } = declaration;
      if (typeof name !== "string" || !NAME.test(name)) {
        return {
          message: `* GenerateContentRequest.${path}.name: Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.`,
        };
      }
      if (parameters !== undefined && parametersJsonSchema !== undefined) {
        return {
          message: `* GenerateContentRequest.${path}: only one of parameters and parameters_json_schema may be set`,
        };
      }
      const problem = schemaProblem(parameters, `${path}.parameters`);
      if (problem) return problem;
    }
  }
  return undefined;
}

function choice(fields: Fields): Problem | undefined {
  const { mode, allowedFunctionNames } = objectIn(objectIn(fields.toolConfig).functionCallingConfig);
  if (!Array.isArray(allowedFunctionNames) || allowedFunctionNames.length === 0) return undefined;
  if (mode !== "ANY" && mode !== "VALIDATED") {
    return {
      message: "Function calling config is set with allowed function names: the mode must be ANY or VALIDATED.",
    };
  }
  const declared = objectsIn(fields.tools)
    .flatMap(({ functionDeclarations }) => objectsIn(functionDeclarations))
    .map(({ name }) => name);
  const lost = allowedFunctionNames.find((name) => !declared.includes(name));
  return lost === undefined ? undefined : { message: `allowed_function_names: ${lost} is not a declared function.` };
}
