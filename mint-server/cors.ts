import { EXPOSED_HEADERS } from "./contract/headers.ts";
import type { Services } from "./server.ts";

const EXPOSED = EXPOSED_HEADERS.join(", ");
const PREFLIGHT_SECONDS = "7200";

/** The origin of the page that asks, if any organisation allows it. Only for a stored one's is anything waited for. */
export function allowedOrigin(
  headers: Headers,
  { config, orgs }: Pick<Services, "config" | "orgs">,
): string | undefined | Promise<string | undefined> {
  const origin = headers.get("origin");
  if (origin === null) return undefined;
  if (config.origins.has(origin)) return origin;
  return orgs?.finder.byOrigin(origin, "auto").then(
    (found) => (found.ok && found.value.length > 0 ? origin : undefined),
    () => undefined,
  );
}

/** Adds what lets a page of an allowed origin read an answer. For any other origin the browser keeps it shut. */
export function addCors(headers: Record<string, string>, origin: string | undefined): void {
  headers.vary = "Origin";
  if (origin === undefined) return;
  headers["access-control-allow-origin"] = origin;
  headers["access-control-allow-credentials"] = "true";
  headers["access-control-expose-headers"] = EXPOSED;
}

/** Answers a preflight. SDKs send headers of their own, so whatever an allowed origin asks to send it may send. */
export function preflight(request: Request, origin: string | undefined): Response {
  const headers: Record<string, string> = {};
  addCors(headers, origin);
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
