import { type Answer, failed, jsonAnswer } from "./answer.ts";
import { cancelAnswer } from "./cancel-route.ts";
import { complete } from "./complete.ts";
import { findModelEndpoint, MODEL_ENDPOINTS } from "./contract/endpoints.ts";
import { answerSession, issue } from "./credential-routes.ts";
import type { Admin } from "./credentials/admin-key.ts";
import type { Caller } from "./credentials/verify.ts";
import type { Failure } from "./failures.ts";
import { decoded, getModel, getModels } from "./model-routes.ts";
import { geminiHeaders } from "./realtime/gemini-headers.ts";
import { authorityHeaders } from "./realtime/handshake.ts";
import { revoke } from "./revoke-route.ts";
import type { Services } from "./server.ts";
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
