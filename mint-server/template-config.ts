import type { TemplateConfig } from "./config-schema.ts";
import { FEATURES } from "./contract/credential.ts";
import { MODEL_ENDPOINTS, type ModelEndpoint, type SchemaId } from "./contract/endpoints.ts";
import { forbiddenFeature } from "./credentials/features.ts";
import type { Conversation, Template } from "./credentials/template.ts";
import { SettingsError } from "./settings-error.ts";

/** The endpoints that a template may be for, and what its caller may fill in there unless it says. */
const DEFAULT_ALLOW: Readonly<Record<string, readonly string[]>> = {
  "chat/completions": ["messages", "stream", "stream_options"],
  completions: ["prompt", "stream", "stream_options"],
  responses: ["input", "stream", "stream_options"],
  messages: ["messages", "stream"],
  generateContent: ["contents"],
  // OpenAI's SDK always says how it wants the numbers written.
  embeddings: ["input", "encoding_format"],
  moderations: ["input"],
  "images/generations": ["prompt"],
  "audio/speech": ["input"],
  realtime: ["output_modalities"],
};

/** A session's fields are those of OpenAI's API, and its conversation is no part of them. */
const REALTIME: Pick<ModelEndpoint, "path" | "schema"> = { path: "realtime", schema: "openai" };

/** Whose turns a caller may send, by schema: never those of the system. The second list is for templates with tools. */
const CONVERSATIONS: Readonly<Partial<Record<SchemaId, Dialect>>> = {
  chat: { field: "messages", roles: ["user", "assistant"], toolRoles: ["tool", "function"] },
  responses: {
    field: "input",
    roles: ["user", "assistant"],
    items: ["reasoning"],
    toolItems: ["function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"],
  },
  anthropic: { field: "messages", roles: ["user", "assistant"], noParts: ["tool_addition", "tool_removal"] },
  google: { field: "contents", roles: ["user", "model"], toolRoles: ["tool", "function"], defaultRole: "user" },
};

interface Dialect extends Omit<Conversation, "before"> {
  readonly toolRoles?: readonly string[];
  readonly toolItems?: readonly string[];
}

/** @throws {SettingsError} at the first field that is wrong. */
export function compileTemplates(
  templates: Readonly<Record<string, TemplateConfig>>,
  field: string,
): ReadonlyMap<string, Template> {
  const entries = Object.entries(templates);
  return new Map(entries.map(([name, template]) => [name, compileTemplate(name, template, `${field}.${name}`)]));
}

function compileTemplate(name: string, template: TemplateConfig, field: string): Template {
  const { endpoint: endpointName, body } = template;
  const defaults = Object.hasOwn(DEFAULT_ALLOW, endpointName) ? DEFAULT_ALLOW[endpointName] : undefined;
  const endpoint =
    endpointName === "realtime" ? REALTIME : MODEL_ENDPOINTS.find((candidate) => candidate.name === endpointName);
  if (!defaults || !endpoint)
    throw new SettingsError(`${field}.endpoint`, `must be one of ${Object.keys(DEFAULT_ALLOW).join(", ")}`);
  const { model } = body;
  if (typeof model !== "string" || model === "" || model.endsWith("*"))
    throw new SettingsError(`${field}.body.model`, "must name one model");
  const conversation = compileConversation(endpoint, template, `${field}.body`);
  const fixed: Record<string, unknown> = { ...body };
  if (conversation) delete fixed[conversation.field];
  if (endpoint.path.includes("{")) delete fixed.model;
  return {
    name,
    endpoint: endpointName,
    model,
    fixed,
    allow: compileAllow({ defaults, template, fixed: { ...fixed, model } }, `${field}.allow`),
    features: FEATURES.filter((feature) => usesFeature(feature, body, endpoint)),
    ...(conversation && { conversation }),
  };
}

interface Allowing {
  readonly defaults: readonly string[];
  readonly template: TemplateConfig;
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** What is fixed cannot be filled in, too: which of the two holds would be anyone's guess. */
function compileAllow({ defaults, template, fixed }: Allowing, field: string): ReadonlySet<string> {
  const { allow } = template;
  if (!allow) return new Set(defaults.filter((name) => !Object.hasOwn(fixed, name)));
  const twice = allow.findIndex((name) => Object.hasOwn(fixed, name));
  if (twice >= 0) throw new SettingsError(`${field}[${twice}]`, "is fixed by the template's body");
  return new Set(allow);
}

/** A conversation that its callers may continue; `undefined` where there is none, or the template holds all of it. */
function compileConversation(
  { schema }: Pick<ModelEndpoint, "schema">,
  { body, allow }: TemplateConfig,
  path: string,
): Conversation | undefined {
  const dialect = CONVERSATIONS[schema];
  if (!dialect || (allow && !allow.includes(dialect.field))) return undefined;
  const { toolRoles = [], toolItems = [], noParts, ...rest } = dialect;
  const fillsTools = allow?.includes("tools") === true;
  const hasTools = isFilled(body.tools) || isFilled(body.functions) || fillsTools;
  return {
    ...rest,
    ...(noParts && !fillsTools && { noParts }),
    before: compileTurns(body[rest.field], dialect, `${path}.${rest.field}`),
    roles: [...rest.roles, ...(hasTools ? toolRoles : [])],
    ...(rest.items && { items: [...rest.items, ...(hasTools ? toolItems : [])] }),
  };
}

function compileTurns(value: unknown, { items }: Dialect, field: string): readonly unknown[] {
  if (value === undefined) return [];
  if (items && typeof value === "string") return [{ role: "user", content: value }];
  const isTurn = (turn: unknown) => typeof turn === "object" && turn !== null && !Array.isArray(turn);
  if (!Array.isArray(value) || !value.every(isTurn)) throw new SettingsError(field, "must be a list of objects");
  return value;
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

/** Whether a request with this body needs leave for a feature: the only one that is not granted here. */
function usesFeature(
  feature: (typeof FEATURES)[number],
  body: TemplateConfig["body"],
  { schema }: Pick<ModelEndpoint, "schema">,
): boolean {
  const others = FEATURES.filter((other) => other !== feature);
  return forbiddenFeature({ org: "", features: others }, body, schema) !== undefined;
}
