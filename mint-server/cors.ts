import type { ServerConfig } from "./config.ts";
import { EXPOSED_HEADERS } from "./contract/headers.ts";

const EXPOSED = EXPOSED_HEADERS.join(", ");
const PREFLIGHT_SECONDS = "7200";

/** Adds what lets a page of an allowed origin read an answer. For any other origin the browser keeps it shut. */
export function addCors(headers: Record<string, string>, request: Request, config: ServerConfig): void {
  headers.vary = "Origin";
  const origin = request.headers.get("origin");
  if (origin === null || !config.origins.has(origin)) return;
  headers["access-control-allow-origin"] = origin;
  headers["access-control-allow-credentials"] = "true";
  headers["access-control-expose-headers"] = EXPOSED;
}

/** Answers a preflight. SDKs send headers of their own, so whatever an allowed origin asks to send it may send. */
export function preflight(request: Request, config: ServerConfig): Response {
  const headers: Record<string, string> = {};
  addCors(headers, request, config);
  if (headers["access-control-allow-origin"] !== undefined) {
    headers["access-control-allow-methods"] = "GET, POST, OPTIONS";
    headers["access-control-allow-headers"] = requestedHeaders(request);
    headers["access-control-max-age"] = PREFLIGHT_SECONDS;
    headers.vary = "Origin, Access-Control-Request-Headers";
  }
  return new Response(null, { status: 204, headers });
}

function requestedHeaders({ headers }: Request): string {
  const requested = headers.get("access-control-request-headers") ?? "";
  return /^[\w-]+(\s*,\s*[\w-]+)*$/.test(requested) ? requested : "authorization, content-type, dpop";
}
