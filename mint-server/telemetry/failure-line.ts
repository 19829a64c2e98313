import type { Answer } from "../answer.ts";
import { HEADER } from "../contract/headers.ts";

/** A failure of the server's or of a provider's as one line of JSON, where nothing else is known of its request. */
export function failureLine(method: string, route: string, { status, headers, failure }: Answer): string {
  const at = new Date().toISOString();
  return JSON.stringify({
    at,
    event: "failure",
    method,
    route,
    status,
    error: failure,
    endpoint: headers[HEADER.usedEndpoint],
  });
}
