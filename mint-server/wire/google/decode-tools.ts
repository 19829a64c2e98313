import type { Setting, Tool, ToolChoice } from "../chat-request.ts";
import { FieldError, isObject, needList, needObject, needText } from "../read.ts";
import { type Fields, type Item, readFields, toCamel, unknownField } from "./fields.ts";
import { toJsonSchema } from "./json-schema.ts";

type Asked = Map<Setting, string>;

const FUNCTION = [
  "name",
  "description",
  "behavior",
  "parameters",
  "parametersJsonSchema",
  "response",
  "responseJsonSchema",
] as const;

/** Functions, and Google's own tools by name. @throws {FieldError} */
export function decodeTools(items: readonly Item[], asked: Asked): Tool[] {
  return items.flatMap(({ value, at }) =>
    Object.entries(needObject(value, at)).flatMap(([key, member]): Tool[] => {
      const path = `${at}.${key}`;
      if (member === null || member === undefined) return [];
      if (toCamel(key) === "functionDeclarations") {
        const list = isObject(member) ? [member] : needList(member, path);
        asked.set("tools", path);
        return list.map((item, index) => decodeFunction(item, `${path}[${index}]`));
      }
      asked.set("hostedTools", path);
      return [{ kind: "hosted", type: toCamel(key), at: path }];
    }),
  );
}

/** What a function returns is told along with what it does: other APIs have no field for it. */
function decodeFunction(value: unknown, at: string): Tool {
  const fields = readFields(value, at, FUNCTION);
  if (fields.text("behavior") === "NON_BLOCKING") throw unknownField(fields.at("behavior"));
  const parameters = schemaOf(fields, "parametersJsonSchema", "parameters");
  const returned = schemaOf(fields, "responseJsonSchema", "response");
  const words = [fields.text("description"), returned && `Returns: ${JSON.stringify(returned)}`].filter((text) => text);
  return {
    kind: "function",
    name: needText(fields.get("name"), fields.at("name")),
    ...(words.length > 0 && { description: words.join("\n\n") }),
    ...(parameters && { parameters }),
  };
}

type FunctionField = (typeof FUNCTION)[number];

function schemaOf(
  fields: Fields<FunctionField>,
  asJson: FunctionField,
  asOpenAPI: FunctionField,
): Readonly<Record<string, unknown>> | undefined {
  if (fields.get(asJson) !== undefined) return needObject(fields.get(asJson), fields.at(asJson));
  if (fields.get(asOpenAPI) === undefined) return undefined;
  return toJsonSchema(needObject(fields.get(asOpenAPI), fields.at(asOpenAPI)));
}

/** @throws {FieldError} */
export function decodeToolChoice(value: unknown, at: string, asked: Asked): ToolChoice | undefined {
  const config = readFields(value ?? {}, at, ["functionCallingConfig"]);
  // Whether arguments are streamed changes nothing but when they come.
  const names = ["mode", "allowedFunctionNames", "streamFunctionCallArguments"] as const;
  const fields = readFields(config.get("functionCallingConfig") ?? {}, config.at("functionCallingConfig"), names);
  const allowed = needList(fields.get("allowedFunctionNames") ?? [], fields.at("allowedFunctionNames")).map(
    (name, index) => needText(name, `${fields.at("allowedFunctionNames")}[${index}]`),
  );
  const choice = choiceOf(fields.text("mode")?.toUpperCase(), allowed, fields.at("mode"));
  if (choice) asked.set("toolChoice", fields.at("mode"));
  return choice;
}

function choiceOf(mode: string | undefined, names: readonly string[], at: string): ToolChoice | undefined {
  switch (mode) {
    case undefined:
    case "MODE_UNSPECIFIED":
    case "AUTO":
      return undefined;
    case "NONE":
      return { kind: "none" };
    case "VALIDATED":
      return names.length > 0 ? { kind: "allowed", names, required: false } : undefined;
    case "ANY": {
      const [only] = names;
      if (only === undefined) return { kind: "required" };
      return names.length === 1 ? { kind: "function", name: only } : { kind: "allowed", names, required: true };
    }
    default:
      throw new FieldError(at, `\`${at}\` must be AUTO, ANY, NONE or VALIDATED.`);
  }
}
