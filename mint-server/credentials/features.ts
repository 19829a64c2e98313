import type { Feature, Grant } from "../contract/credential.ts";

/** The first feature that a request uses and its grant does not allow. Checked before anything leaves the server. */
export function forbiddenFeature(grant: Grant, body: Readonly<Record<string, unknown>>): Use | undefined {
  return uses(body).find(({ feature }) => !grant.features?.includes(feature));
}

/** A feature, and the field that asks for it. */
export interface Use {
  readonly feature: Feature;
  readonly param: string;
}

/** Tools that run in the caller's own code; every other type runs at the provider, at a cost of its own. */
const LOCAL_TOOLS: ReadonlySet<unknown> = new Set(["function", "custom"]);

function uses(body: Readonly<Record<string, unknown>>): Use[] {
  const found: Use[] = [];
  const { tools, store, background, n, best_of: bestOf, service_tier: tier } = body;
  if (Array.isArray(tools) && tools.some((tool) => !LOCAL_TOOLS.has(tool?.type)))
    found.push({ feature: "hosted_tools", param: "tools" });
  if (isPresent(body.web_search_options)) found.push({ feature: "hosted_tools", param: "web_search_options" });
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

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Forms carry numbers as text. */
function isMany(value: unknown): boolean {
  return isPresent(value) && Number(value) !== 1;
}
