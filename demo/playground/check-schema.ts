import { isRecord } from "./read-json.ts";

const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];

/** The first thing that is wrong with a JSON Schema, in words; undefined if nothing is that models would stumble over. */
export function schemaProblem(schema: unknown, at = "the schema"): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isRecord(schema)) return `${sentence(at)} must be an object.`;
  return typeProblem(schema, at) ?? requiredProblem(schema, at) ?? childProblem(schema, at);
}

type Schema = Readonly<Record<string, unknown>>;

function typeProblem({ type, enum: values }: Schema, at: string): string | undefined {
  const named = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const unknown = named.find((name) => !TYPES.includes(name as string));
  if (unknown !== undefined) return `The type ${JSON.stringify(unknown)} of ${at} is none: one of ${TYPES.join(", ")}.`;
  if (values !== undefined && !Array.isArray(values)) return `The enum of ${at} must be a list.`;
  return undefined;
}

function requiredProblem({ required, properties }: Schema, at: string): string | undefined {
  if (required === undefined) return undefined;
  if (!Array.isArray(required)) return `The required of ${at} must be a list of names.`;
  const known = isRecord(properties) ? properties : {};
  const missing = required.find((name) => typeof name !== "string" || !Object.hasOwn(known, name));
  return missing === undefined
    ? undefined
    : `${JSON.stringify(missing)} is required in ${at}, but is no property of it.`;
}

function childProblem({ properties, items, anyOf, oneOf, allOf, $defs }: Schema, at: string): string | undefined {
  for (const [group, name] of [
    [properties, "properties"],
    [$defs, "$defs"],
  ] as const) {
    if (group === undefined) continue;
    if (!isRecord(group)) return `The ${name} of ${at} must be an object.`;
    for (const [key, child] of Object.entries(group)) {
      const problem = schemaProblem(child, JSON.stringify(key));
      if (problem) return problem;
    }
  }
  const lists = [anyOf, oneOf, allOf].filter((list) => list !== undefined);
  if (lists.some((list) => !Array.isArray(list))) return `A choice of ${at} must be a list of schemas.`;
  const children = [...(items === undefined ? [] : [items]), ...(lists as unknown[][]).flat()];
  return children.map((child) => schemaProblem(child, `a part of ${at}`)).find(Boolean);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
