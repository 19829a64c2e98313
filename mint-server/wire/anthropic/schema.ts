import { asPlainText, isObject, type Json } from "../read.ts";

/** Keywords of JSON Schema that Anthropic's constrained decoding takes as they are. */
const TAKEN = new Set(["type", "required", "enum", "const", "description", "title", "default", "$ref"]);
const FORMATS = new Set("date-time time date duration email hostname uri ipv4 ipv6 uuid".split(" "));

/**
 * A schema as constrained decoding wants it: every object closed, keywords that it does not know told in the description.
 * `undefined` for one that cannot be put so: objects with free keys, recursion.
 */
export function closedSchema(schema: Json): Json | undefined {
  const state = { open: false };
  const closed = close(schema, state);
  return state.open ? undefined : closed;
}

interface State {
  open: boolean;
}

function close(schema: Json, state: State): Json {
  const closed: Record<string, unknown> = {};
  const hints: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (TAKEN.has(key)) closed[key] = value;
    else if (key === "items" && isObject(value)) closed.items = close(value, state);
    else if ((key === "anyOf" || key === "oneOf" || key === "allOf") && Array.isArray(value))
      closed[key === "allOf" ? key : "anyOf"] = value.map((item) => (isObject(item) ? close(item, state) : item));
    else if ((key === "properties" || key === "$defs" || key === "definitions") && isObject(value))
      closed[key] = closeEach(value, state);
    else if (key === "format" && FORMATS.has(asPlainText(value))) closed.format = value;
    else if (key === "minItems" && (value === 0 || value === 1)) closed.minItems = value;
    else if (key !== "additionalProperties" && !key.startsWith("$")) hints.push(`${key}: ${JSON.stringify(value)}`);
  }
  if (hints.length > 0) closed.description = [schema.description, `{${hints.join(", ")}}`].filter(Boolean).join("\n\n");
  if (isObject(schema.properties) || schema.type === "object") closeObject(schema, closed, state);
  if (schema.$ref === "#" || isRecursive(schema)) state.open = true;
  return closed;
}

function closeEach(schemas: Json, state: State): Json {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, isObject(schema) ? close(schema, state) : schema]),
  );
}

function closeObject(schema: Json, closed: Record<string, unknown>, state: State): void {
  const { additionalProperties: more, properties } = schema;
  const isFree = properties === undefined && more === undefined && !schema.$ref;
  if (isFree || more === true || isObject(more)) state.open = true;
  closed.additionalProperties = false;
}

/** A definition that names itself; longer circles are left for the provider to refuse. */
function isRecursive({ $defs, definitions }: Json): boolean {
  return Object.entries({ ...asDefs($defs), ...asDefs(definitions) }).some(([name, schema]) => {
    const text = JSON.stringify(schema);
    return text.includes(`"#/$defs/${name}"`) || text.includes(`"#/definitions/${name}"`);
  });
}

function asDefs(value: unknown): Json {
  return isObject(value) ? value : {};
}
