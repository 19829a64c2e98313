import { METHOD_NAME_ALL } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { type Answer, failed } from "./answer.ts";
import { encodeError, errorSchemaOf } from "./contract/error-shapes.ts";
import { HEADER } from "./contract/headers.ts";
import { API_PREFIXES } from "./contract/hosts.ts";
import { addCors, allowedOrigin, preflight } from "./cors.ts";
import { drain } from "./drain.ts";
import { ROUTES, type RouteRow, type Visit } from "./routes.ts";
import type { Services } from "./server.ts";
import { failureLine } from "./telemetry/failure-line.ts";

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
  if (answered.failure === "insufficient_scope") {
    const scheme = /^dpop /i.test(headers.get("authorization") ?? "") ? "DPoP" : "Bearer";
    answered.headers["www-authenticate"] = `${scheme} error="insufficient_scope"`;
  }
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
