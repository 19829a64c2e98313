import type { Feature, Grant } from "../contract/credential.ts";
import type { SchemaId } from "../contract/endpoints.ts";
import { asObject, asObjects, isObject } from "../wire/read.ts";

type Body = Readonly<Record<string, unknown>>;

/** The first feature that a request uses and its grant does not allow. Checked before anything leaves the server. */
export function forbiddenFeature(grant: Grant, body: Body, schema: SchemaId): Use | undefined {
  return USES[schema](body).find(({ feature }) => !grant.features?.includes(feature));
}

/** A feature, and the field that asks for it. */
export interface Use {
  readonly feature: Feature;
  readonly param: string;
}

function openaiUses(body: Body): Use[] {
  const found: Use[] = [];
  const { tools, store, background, n, best_of: bestOf, service_tier: tier } = body;
  if (hasOther(tools, LOCAL_TOOLS)) found.push({ feature: "hosted_tools", param: "tools" });
  // Items of a Responses conversation may bring tools, too.
  if (asObjects(body.input).some((item) => hasOther(item.tools, LOCAL_TOOLS)))
    found.push({ feature: "hosted_tools", param: "input" });
  for (const param of ["web_search_options", "search_parameters", "plugins"]) {
    if (isAsked(body[param])) found.push({ feature: "hosted_tools", param });
  }
  // A stored prompt is the owner's, and may bring tools of its own; elsewhere a prompt is text.
  if (isObject(body.prompt)) {
    found.push({ feature: "store", param: "prompt" }, { feature: "hosted_tools", param: "prompt" });
  }
  if (store === true) found.push({ feature: "store", param: "store" });
  for (const param of ["previous_response_id", "conversation", "prompt_cache_retention"]) {
    if (isPresent(body[param])) found.push({ feature: "store", param });
  }
  if (background === true) found.push({ feature: "background", param: "background" });
  if (isMany(n)) found.push({ feature: "multiple_choices", param: "n" });
  if (isMany(bestOf)) found.push({ feature: "multiple_choices", param: "best_of" });
  if (isPresent(tier) && tier !== "auto" && tier !== "default")
    found.push({ feature: "service_tier", param: "service_tier" });
  return found;
}

/** Tools that run in the caller's own code; every other type runs at the provider, at a cost of its own. */
const LOCAL_TOOLS: ReadonlySet<unknown> = new Set(["function", "custom"]);

function anthropicUses(body: Body): Use[] {
  const found: Use[] = [];
  if (hasOther(body.tools, ANTHROPICS_LOCAL_TOOLS)) found.push({ feature: "hosted_tools", param: "tools" });
  if (hasOther(toolsAdded(body.messages), ANTHROPICS_LOCAL_TOOLS))
    found.push({ feature: "hosted_tools", param: "messages" });
  if (isPresent(body.mcp_servers)) found.push({ feature: "hosted_tools", param: "mcp_servers" });
  for (const param of ["container", "thread"]) {
    if (isPresent(body[param])) found.push({ feature: "store", param });
  }
  const tier = body.service_tier;
  // Anthropic's `auto` takes what was reserved for the account, where there is such a thing.
  if (isPresent(tier) && tier !== "standard_only" && tier !== "auto")
    found.push({ feature: "service_tier", param: "service_tier" });
  return found;
}

/** Tools that are defined in the course of a conversation. */
function toolsAdded(messages: unknown): unknown[] {
  const blocks = asObjects(messages).flatMap(({ content }) => asObjects(content));
  return blocks.flatMap(({ type, tool }) => (type === "tool_addition" ? (asObject(tool)?.definition ?? []) : []));
}

/** A tool of Anthropic's schema that has no type is the caller's own. */
const ANTHROPICS_LOCAL_TOOLS: ReadonlySet<unknown> = new Set([undefined, null, "custom"]);

function googleUses(body: Body): Use[] {
  const found: Use[] = [];
  // One object stands for a list of one.
  const kinds = asObjects([body.tools].flat()).flatMap((tool) => Object.keys(tool));
  // Either spelling: Google's API takes both.
  if (kinds.some((kind) => !/^function_?declarations$/i.test(kind)))
    found.push({ feature: "hosted_tools", param: "tools" });
  if (body.store === true) found.push({ feature: "store", param: "store" });
  for (const param of ["cachedContent", "cached_content"]) {
    if (isPresent(body[param])) found.push({ feature: "store", param });
  }
  const config = (body.generationConfig ?? body.generation_config) as Body | undefined | null;
  if (isMany(config?.candidateCount ?? config?.candidate_count))
    found.push({ feature: "multiple_choices", param: "generationConfig.candidateCount" });
  if (isPresent(body.serviceTier ?? body.service_tier)) found.push({ feature: "service_tier", param: "serviceTier" });
  return found;
}

const USES: Readonly<Record<SchemaId, (body: Body) => Use[]>> = {
  chat: openaiUses,
  completions: openaiUses,
  responses: openaiUses,
  embeddings: openaiUses,
  openai: openaiUses,
  anthropic: anthropicUses,
  google: googleUses,
  "google-embeddings": googleUses,
};

function hasOther(tools: unknown, local: ReadonlySet<unknown>): boolean {
  return Array.isArray(tools) && tools.some((tool) => !local.has(tool?.type));
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Clients leave a list empty, or say `false`, for nothing. */
function isAsked(value: unknown): boolean {
  return isPresent(value) && value !== false && !(Array.isArray(value) && value.length === 0);
}

/** Forms carry numbers as text. */
function isMany(value: unknown): boolean {
  return isPresent(value) && Number(value) !== 1;
}
