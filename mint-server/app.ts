import { METHOD_NAME_ALL } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { type Answer, failed, jsonAnswer } from "./answer.ts";
import { cancelAnswer } from "./cancel-route.ts";
import { complete } from "./complete.ts";
import { findModelEndpoint, MODEL_ENDPOINTS } from "./contract/endpoints.ts";
import { encodeError, errorSchemaOf } from "./contract/error-shapes.ts";
import { HEADER } from "./contract/headers.ts";
import { API_PREFIXES } from "./contract/hosts.ts";
import { addCors, allowedOrigin, preflight } from "./cors.ts";
import { answerSession, issue } from "./credential-routes.ts";
import type { Admin } from "./credentials/admin-key.ts";
import type { Caller } from "./credentials/verify.ts";
import { drain } from "./drain.ts";
import type { Failure } from "./failures.ts";
import { decoded, getModel, getModels } from "./model-routes.ts";
import { geminiHeaders } from "./realtime/gemini-headers.ts";
import { authorityHeaders } from "./realtime/handshake.ts";
import { revoke } from "./revoke-route.ts";
import type { Services } from "./server.ts";
import { failureLine } from "./telemetry/failure-line.ts";
import type { Watch } from "./telemetry/watch.ts";
import { VERSION } from "./version.ts";
import { lazy } from "./wire/lazy.ts";

/** A request on its way to a handler. */
export interface Visit {
  readonly services: Services;
  readonly request: Request;
  /** Path of the URL, without query. */
  readonly path: string;
  /** What the pattern's `:model` matched. */
  readonly model: string;
  /** What its `:name` and `:id` matched. */
  readonly name: string;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where somebody watches. */
  readonly watch?: Watch | undefined;
}

/**
 * A route, and who may take it. A `caller` route's handler exists only for one whom `authorise` let through, an `admin`
 * route's for one who has shown the admin key, a `reader` route's for one who has shown the key of metrics.
 */
export type RouteRow = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  /** Where it stands: under the API's prefixes, or at the root. */
  readonly at: "api" | "root";
} & (
  | { readonly access: "public"; readonly handle: (visit: Visit) => Answer | Promise<Answer> }
  | { readonly access: "reader"; readonly handle: (visit: Visit) => Promise<Answer> }
  | { readonly access: "admin"; readonly handle: (visit: Visit, admin: Admin) => Promise<Answer> }
  | {
      readonly access: "caller";
      /** Name that a grant's `endpoints` must hold, where it lists any. */
      readonly endpoint?: string;
      /** Whether it sets a limited caller's budget aside. */
      readonly reserves?: true;
      /** The headers in which its credential stands, where those of the request do not hold it. */
      readonly presented?: (headers: Headers, url: string) => Headers;
      /** The answer to one who was not let through, where it is not the failure's own. */
      readonly refuse?: (visit: Visit, failure: Failure) => Answer | Promise<Answer>;
      readonly handle: (visit: Visit, caller: Caller) => Answer | Promise<Answer>;
    }
);

/** Every route. Paths stand here and nowhere else. */
export const ROUTES: readonly RouteRow[] = [
  ...MODEL_ENDPOINTS.filter(({ path }) => !path.includes("{")).map(
    (endpoint): RouteRow => ({
      method: "POST",
      path: `/${endpoint.path}`,
      at: "api",
      access: "caller",
      reserves: true,
      // Which endpoint `/auto` is shows in the body, so `complete` asks for leave there.
      ...(endpoint.path === "auto" ? {} : { endpoint: endpoint.name }),
      handle: ({ services, request, now, watch }, caller) =>
        complete({ services, caller, endpoint, request, now, watch, notes: watch?.notes }),
    }),
  ),
  // Gemini's API has model and method in one segment; `complete` asks for leave, too.
  ...["v1beta", "v1"].map(
    (version): RouteRow => ({
      method: "POST",
      path: `/google/${version}/models/:model{.+}`,
      at: "api",
      access: "caller",
      reserves: true,
      handle: completeGemini,
    }),
  ),
  { method: "POST", path: "/answers/cancel", at: "api", access: "caller", handle: cancelAnswer },
  {
    method: "GET",
    path: "/realtime",
    at: "api",
    access: "caller",
    endpoint: "realtime",
    reserves: true,
    presented: authorityHeaders,
    refuse: async (visit, failure) => (await realtime()).refuseRealtime(visit, failure),
    handle: async (visit, caller) => (await realtime()).connectRealtime(visit, caller),
  },
  {
    method: "POST",
    path: "/realtime/client_secrets",
    at: "api",
    access: "caller",
    endpoint: "realtime",
    handle: async (visit, caller) => (await clientSecrets()).createClientSecret(visit, caller),
  },
  {
    method: "POST",
    path: "/realtime/calls",
    at: "api",
    access: "caller",
    endpoint: "realtime",
    reserves: true,
    handle: async (visit, caller) => (await calls()).createCall(visit, caller),
  },
  {
    method: "POST",
    path: "/realtime/calls/:id/hangup",
    at: "api",
    access: "caller",
    endpoint: "realtime",
    handle: async (visit, caller) => (await calls()).endCall(visit, caller),
  },
  {
    method: "POST",
    path: "/live/sessions",
    at: "api",
    access: "caller",
    endpoint: "realtime",
    reserves: true,
    handle: async (visit, caller) => (await live()).createLive(visit, caller),
  },
  {
    method: "GET",
    path: "/google/ws/:name",
    at: "api",
    access: "caller",
    endpoint: "realtime",
    reserves: true,
    presented: geminiHeaders,
    refuse: async (visit, failure) => (await geminiLive()).refuseGemini(visit, failure),
    handle: async (visit, caller) => (await geminiLive()).connectGemini(visit, caller),
  },
  { method: "GET", path: "/models", at: "api", access: "caller", handle: getModels },
  { method: "GET", path: "/models/:model{.+}", at: "api", access: "caller", handle: getModel },
  { method: "GET", path: "/usage", at: "api", access: "caller", handle: usageOfCaller },
  { method: "POST", path: "/credentials", at: "api", access: "caller", handle: issue },
  { method: "POST", path: "/credentials/revoke", at: "api", access: "caller", handle: revoke },
  { method: "POST", path: "/credentials/session", at: "api", access: "public", handle: answerSession },
  { method: "GET", path: "/admin/orgs", at: "api", access: "admin", handle: byAdmin("listOrgs") },
  { method: "GET", path: "/admin/orgs/:name", at: "api", access: "admin", handle: byAdmin("getOrg") },
  { method: "PUT", path: "/admin/orgs/:name", at: "api", access: "admin", handle: byAdmin("setOrg") },
  { method: "DELETE", path: "/admin/orgs/:name", at: "api", access: "admin", handle: byAdmin("removeOrg") },
  { method: "POST", path: "/admin/orgs/:name/keys", at: "api", access: "admin", handle: byAdmin("createKey") },
  { method: "DELETE", path: "/admin/orgs/:name/keys/:id", at: "api", access: "admin", handle: byAdmin("removeKey") },
  { method: "GET", path: "/admin/audit", at: "api", access: "admin", handle: byAdmin("getAudit") },
  { method: "GET", path: "/admin/usage", at: "api", access: "admin", handle: usageForAdmin },
  { method: "POST", path: "/admin/reseal", at: "api", access: "admin", handle: byAdmin("resealAll") },
  { method: "GET", path: "/openapi.json", at: "api", access: "public", handle: describeSelf },
  { method: "GET", path: "/health", at: "api", access: "public", handle: health },
  { method: "GET", path: "/health", at: "root", access: "public", handle: health },
  {
    method: "GET",
    path: "/metrics",
    at: "root",
    access: "reader",
    handle: async (visit) => (await import("./metrics-route.ts")).getMetrics(visit),
  },
  {
    method: "GET",
    path: "/.well-known/jwks.json",
    at: "root",
    access: "public",
    handle: ({ services }) => jsonAnswer(services.keyring.jwks),
  },
];

const realtime = lazy(() => import("./realtime/connect.ts"));
const clientSecrets = lazy(() => import("./realtime/client-secrets.ts"));
const calls = lazy(() => import("./realtime/calls.ts"));
const live = lazy(() => import("./realtime/live.ts"));
const geminiLive = lazy(() => import("./realtime/gemini-connect.ts"));

async function usageOfCaller(visit: Visit, caller: Caller): Promise<Answer> {
  return (await import("./usage-route.ts")).getUsage(visit, caller);
}

async function usageForAdmin(visit: Visit, admin: Admin): Promise<Answer> {
  return (await import("./usage-route.ts")).getUsageOf(visit, admin);
}

function byAdmin(name: keyof typeof import("./admin-routes.ts")): (visit: Visit, admin: Admin) => Promise<Answer> {
  return async (visit, admin) => {
    const handlers = await import("./admin-routes.ts");
    return handlers[name](visit, admin);
  };
}

async function describeSelf(): Promise<Answer> {
  return jsonAnswer((await import("./openapi/describe.ts")).describeAPI(ROUTES));
}

function health(): Answer {
  return jsonAnswer({ ok: true, version: VERSION });
}

function completeGemini(
  { services, request, model: call, now, watch }: Visit,
  caller: Caller,
): Answer | Promise<Answer> {
  const found = findModelEndpoint(`google/v1beta/models/${call}`);
  if (found?.model === undefined) return failed({ kind: "path_not_found" });
  const model = decoded(found.model);
  if (model === undefined) return failed({ kind: "path_not_found" });
  const asEvents = /[?&]alt=sse(&|$)/.test(request.url);
  const { endpoint } = found;
  return complete({ services, caller, endpoint, model, asEvents, request, now, watch, notes: watch?.notes });
}

const MAX_URL_BYTES = 8192;

/** Routes a request to its handler and its answer to one `Response`, CORS included. */
export type App = (request: Request, services: Services) => Response | Promise<Response>;

/** What stands at one path. */
interface Place {
  readonly rows: ReadonlyMap<string, RouteRow>;
  readonly allow: string;
}

export function createApp(): App {
  const router = createRouter();
  const route = async (request: Request, services: Services, origin: string | undefined): Promise<Response> => {
    if (request.url.length > MAX_URL_BYTES)
      return respond(failed({ kind: "url_too_long", maxBytes: MAX_URL_BYTES }), request, origin);
    const { method } = request;
    if (method === "OPTIONS") return preflight(request, origin);
    const path = pathOf(request.url);
    const [[match], values = []] = router.match(method, path);
    if (!match) return respond(failed({ kind: "path_not_found" }), request, origin);
    const [{ rows, allow }, { model, name, id }] = match;
    const row = rows.get(method === "HEAD" ? "GET" : method);
    if (!row) return respond(failed({ kind: "method_not_allowed", allow }), request, origin);
    const at = (index: unknown): string => (typeof index === "number" ? (values[index] ?? "") : "");
    const now = Date.now();
    const watch = isWatched(row) ? services.telemetry?.watch({ request, route: row.path, now }) : undefined;
    const visit = {
      services,
      request,
      path,
      model: at(model),
      name: at(name),
      id: at(id),
      now,
      watch,
    };
    const answered = await answer(row, visit).catch((error: unknown) => {
      watch?.failed();
      throw error;
    });
    if (!watch && answered.status >= 500) console.error(failureLine(method, row.path, answered));
    return respond(watch?.answered(answered) ?? answered, request, origin);
  };
  return async (request, services) => {
    const asked = allowedOrigin(request.headers, services);
    const origin = asked instanceof Promise ? await asked : asked;
    const response = await route(request, services, origin).catch((error: unknown) => {
      // The kind of error and no more: a message may quote what a caller or a provider sent.
      console.error(`mintgate: unforeseen ${error instanceof Error ? error.name : typeof error}`);
      return respond(failed({ kind: "unforeseen" }), request, origin);
    });
    if (!response.ok) await drain(request);
    return response;
  };
}

/** hono's router without hono around it: what a middleware would do, the rows say. */
function createRouter(): RegExpRouter<Place> {
  const places = new Map<string, Map<string, RouteRow>>();
  for (const row of ROUTES) {
    for (const prefix of row.at === "api" ? API_PREFIXES : [""]) {
      const path = `${prefix}${row.path}`;
      places.set(path, (places.get(path) ?? new Map()).set(row.method, row));
    }
  }
  const router = new RegExpRouter<Place>();
  for (const [path, rows] of places) router.add(METHOD_NAME_ALL, path, { rows, allow: [...rows.keys()].join(", ") });
  return router;
}

/** The one way to a handler: a route that is not public has a caller or an admin, or a failure for an answer. */
async function answer(row: RouteRow, visit: Visit): Promise<Answer> {
  if (row.access === "public") return row.handle(visit);
  if (row.access === "reader") return answerReader(row.handle, visit);
  const { services, path, now } = visit;
  const { method } = visit.request;
  const presented = row.access === "caller" ? row.presented : undefined;
  const headers = presented ? presented(visit.request.headers, visit.request.url) : visit.request.headers;
  if (row.access === "admin") {
    const admin = await services.admit(headers);
    return admin.ok ? row.handle(visit, admin.value) : failed(admin.failure);
  }
  const started = performance.now();
  const { endpoint, reserves = false } = row;
  const caller = await services.authorise({ headers, method, path, now, endpoint, reserves });
  const authMs = performance.now() - started;
  if (caller.ok) visit.watch?.caller(caller.value);
  const answered = await (caller.ok
    ? row.handle(visit, caller.value)
    : (row.refuse?.(visit, caller.failure) ?? failed(caller.failure)));
  addTiming(answered.headers, "auth", authMs);
  if (headers.has(HEADER.dpop)) answered.headers[HEADER.dpopNonce] ??= await services.proofs.nonce(now);
  return answered;
}

/** Whoever only looks whether the server is there, or how it does, is not counted. */
function isWatched({ access, method }: RouteRow): boolean {
  return access !== "reader" && !(access === "public" && method === "GET");
}

/** Where nobody is to read anything, there is nothing. */
async function answerReader(handle: (visit: Visit) => Promise<Answer>, visit: Visit): Promise<Answer> {
  const { admitReader } = visit.services;
  if (!admitReader) return failed({ kind: "path_not_found" });
  const reader = await admitReader(visit.request.headers);
  if (reader.ok) return handle(visit);
  const isWrong = reader.failure.kind === "wrong_admin_key";
  return failed(isWrong ? { kind: "invalid_credential", reason: "unknown_key" } : reader.failure);
}

/** Adds a phase to `server-timing`. workerd's clock stands still between I/O, so a phase without any takes 0. */
function addTiming(headers: Record<string, string>, phase: string, ms: number): void {
  const rest = headers[HEADER.serverTiming];
  headers[HEADER.serverTiming] = `${phase};dur=${Math.round(ms)}${rest === undefined ? "" : `, ${rest}`}`;
}

/** One `Response` from an answer. Nothing that this server says may be stored or sniffed by anyone on the way. */
function respond(
  { status, headers, body, error, webSocket }: Answer,
  request: Request,
  origin: string | undefined,
): Response {
  headers["cache-control"] = "no-store";
  headers["x-content-type-options"] = "nosniff";
  addCors(headers, origin);
  return new Response(error ? JSON.stringify(encodeError(status, error, errorSchemaOf(request.url))) : body, {
    status,
    headers,
    ...(webSocket && { webSocket }),
  });
}

/** The URL's path as it was sent: neither decoded nor tidied, so that no second spelling of a path exists. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (start < 0) return "/";
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}
