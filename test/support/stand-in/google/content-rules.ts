import { type Problem, type Rule, strangeField } from "../check.ts";
import { type Fields, isObject } from "../orders.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { camelCased, snakeCased } from "./camel.ts";
import { CALL, PART, RESPONSE } from "./fields.ts";

/** What tells nothing by itself. */
const ABOUT = new Set([
  "thought",
  "thoughtSignature",
  "videoMetadata",
  "partMetadata",
  "mediaResolution",
  "mediaProcessing",
]);

/** What Google says of a field that it does not have. */
export function unknownName(name: string, path: string): Problem {
  const where = path ? ` at '${snakeCased(path)}'` : "";
  return { message: `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.` };
}

/** The request's contents. */
export function contentsOf(asked: Asked): readonly Fields[] {
  return objectsIn(objectIn(camelCased(asked.fields)).contents);
}

/** What Google insists on in the contents. */
export const CONTENT_RULES: readonly Rule[] = [contents, parts, turns];

function contents(asked: Asked): Problem | undefined {
  const all = contentsOf(asked);
  if (all.length === 0) return { message: "* GenerateContentRequest.contents: contents is not specified" };
  for (const [at, content] of all.entries()) {
    const strange = strangeField(content, ["parts", "role"]);
    if (strange) return unknownName(strange, `contents[${at}]`);
    if (content.role !== undefined && !["user", "model", "function"].includes(String(content.role))) {
      return { message: "Please use a valid role: user, model." };
    }
    if (objectsIn(content.parts).length === 0) {
      return { message: `* GenerateContentRequest.contents[${at}].parts: contents.parts must not be empty.` };
    }
  }
  return undefined;
}

function parts(asked: Asked): Problem | undefined {
  for (const [at, content] of contentsOf(asked).entries()) {
    for (const [index, part] of objectsIn(content.parts).entries()) {
      const problem = partProblem(part, `contents[${at}].parts[${index}]`);
      if (problem) return problem;
    }
  }
  return undefined;
}

function partProblem(part: Fields, path: string): Problem | undefined {
  const strange = strangeField(part, PART);
  if (strange) return unknownName(strange, path);
  if (Object.keys(part).every((name) => ABOUT.has(name))) {
    return {
      message: `* GenerateContentRequest.${path}.data: required oneof field 'data' must have one initialized field`,
    };
  }
  for (const [kind, known, object] of [
    ["functionCall", CALL, "args"],
    ["functionResponse", RESPONSE, "response"],
  ] as const) {
    if (part[kind] === undefined) continue;
    const inner = objectIn(part[kind]);
    const place = `${path}.${kind}`;
    const unknown = strangeField(inner, known);
    if (unknown) return unknownName(unknown, place);
    if (typeof inner.name !== "string" || inner.name === "") {
      return { message: `* GenerateContentRequest.${snakeCased(place)}.name: [FIELD_INVALID] Name cannot be empty.` };
    }
    if (inner[object] !== undefined && !isObject(inner[object])) {
      return {
        message: `Invalid value at '${snakeCased(place)}.${object}' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(inner[object])}`,
      };
    }
  }
  return undefined;
}

const inParts = (content: Fields | undefined, kind: "functionCall" | "functionResponse") =>
  objectsIn(content?.parts)
    .filter((part) => part[kind] !== undefined)
    .map((part) => objectIn(part[kind]));

function turns(asked: Asked): Problem | undefined {
  const all = contentsOf(asked);
  for (const [at, content] of all.entries()) {
    const before = all[at - 1];
    const calls = inParts(content, "functionCall");
    const responses = inParts(content, "functionResponse");
    if (calls.length > 0 && (before === undefined || before.role === "model")) {
      return {
        message:
          "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
      };
    }
    if (calls.length > 0 && content.role !== "model") {
      return { message: `contents[${at}]: a function call part belongs to the role model.` };
    }
    const called = inParts(before, "functionCall");
    if (responses.length > 0 && called.length === 0) {
      return { message: "Please ensure that function response turn comes immediately after a function call turn." };
    }
    const problem = at === 0 ? undefined : responseProblem(called, responses, at);
    if (problem) return problem;
  }
  return undefined;
}

function responseProblem(called: readonly Fields[], responses: readonly Fields[], at: number): Problem | undefined {
  if (called.length !== responses.length) {
    return {
      message:
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
    };
  }
  for (const [index, { name, id }] of responses.entries()) {
    const path = `contents[${at}].parts[${index}].function_response`;
    if (!called.some((call) => call.name === name)) {
      return {
        message: `* GenerateContentRequest.${path}.name: no function call of the turn before is named ${name}.`,
      };
    }
    if (id === undefined || called.some((call) => call.id === id)) continue;
    return { message: `* GenerateContentRequest.${path}.id: no function call of the turn before has the id ${id}.` };
  }
  return undefined;
}
