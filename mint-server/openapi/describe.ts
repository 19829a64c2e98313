import { API_PREFIXES } from "../contract/hosts.ts";
import type { RouteRow } from "../routes.ts";
import { VERSION } from "../version.ts";
import { COMPONENTS } from "./components.ts";
import { modelOperations } from "./model-operations.ts";
import { describeOperation, type OperationNotes } from "./operation.ts";
import { OWN_OPERATIONS } from "./own-operations.ts";
import { REALTIME_OPERATIONS } from "./realtime-operations.ts";
import type { Schema } from "./schema.ts";

// Loaded on demand: most servers are seldom asked.

const OPERATIONS = { ...OWN_OPERATIONS, ...REALTIME_OPERATIONS };

const ABOUT = `The mint-server of mintgate: the APIs of OpenAI, Anthropic and Google, with any provider's models, and temporary credentials for them.

Requests and answers of models are the providers' own, so each operation links to its provider's page; described here is what is added: credentials, headers and errors. Any operation may also fail with 405, 413, 414 or 500.`;

const TAGS = [
  { name: "models", description: "What a model is asked, and what there is." },
  { name: "credentials", description: "Temporary credentials." },
  { name: "realtime", description: "Realtime sessions." },
  { name: "admin", description: "Organisations that are made while the server runs." },
  { name: "server", description: "The server itself." },
];

/** The API as OpenAPI 3.1 describes it, made from the table of its routes. */
export function describeAPI(routes: readonly RouteRow[]): Schema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const row of routes) {
    for (const { path, notes } of operationsOf(row)) {
      paths[path] ??= {};
      const item = paths[path];
      item[row.method.toLowerCase()] = describeOperation(row, notes, errorSchemaOf(path));
      const servers = serversOf(routes, row.path);
      if (servers) item.servers = servers;
    }
  }
  return {
    openapi: "3.1.1",
    info: { title: "mintgate", version: VERSION, description: ABOUT, license: { name: "MIT", identifier: "MIT" } },
    servers: API_PREFIXES.map((url) => ({ url })),
    tags: TAGS,
    paths,
    components: COMPONENTS,
  };
}

/** A row's operations: one, but for Gemini's, whose method is a part of the path. */
function operationsOf(row: RouteRow): readonly { readonly path: string; readonly notes: OperationNotes }[] {
  const notes = OPERATIONS[`${row.method} ${row.path}`];
  if (!notes) return modelOperations(row.path);
  return [{ path: row.path.replace(/:(\w+)(\{\.\+\})?/g, "{$1}"), notes }];
}

/** Where a path stands, if not under the API's prefixes alone. */
function serversOf(routes: readonly RouteRow[], path: string): readonly Schema[] | undefined {
  const places = routes.filter((row) => row.path === path).map(({ at }) => at);
  if (!places.includes("root")) return undefined;
  return [...(places.includes("api") ? API_PREFIXES : []), "/"].map((url) => ({ url }));
}

function errorSchemaOf(path: string): string {
  if (path.startsWith("/anthropic/")) return "AnthropicError";
  return path.startsWith("/google/") ? "GoogleError" : "Error";
}
