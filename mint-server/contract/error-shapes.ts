import { type ErrorDetails, errorBody } from "./openai-error.ts";

/** The APIs whose clients read errors in a shape of their own. */
export type ErrorSchema = "openai" | "anthropic" | "google";

/** The schema in which the callers of a URL read errors. */
export function errorSchemaOf(url: string): ErrorSchema {
  const match = /^[^?#]*?\/v1(?:\/proxy)?\/(anthropic|google)\//.exec(url);
  return (match?.[1] as ErrorSchema | undefined) ?? "openai";
}

/** An error's JSON body, as the schema's SDKs read it. What the others lack (`param`, our `code`) is in all of them. */
export function encodeError(status: number, details: ErrorDetails, schema: ErrorSchema): object {
  const { message, type, param = null, code } = details;
  switch (schema) {
    case "openai":
      return errorBody(details);
    case "anthropic":
      return { type: "error", error: { type: anthropicType(status), message, code, param, ...threadless(param) } };
    case "google":
      return {
        error: {
          code: status,
          message,
          status: googleStatus(status),
          details: [
            {
              "@type": "type.googleapis.com/google.rpc.ErrorInfo",
              reason: (code ?? type).toUpperCase(),
              domain: "mintgate",
              metadata: { type, ...(code !== null && { code }), ...(param !== null && { param }) },
            },
          ],
        },
      };
  }
}

/**
 * The one event that ends a stream which failed after it began. Nothing follows it, not even a mark of the end.
 *
 * It starts with a blank line: the stream may have been cut inside an event, and that rest must not swallow this one.
 */
export function errorEvent(details: ErrorDetails, schema: ErrorSchema = "openai", status = 502): string {
  // Google's SDK knows events by their data alone, and leaves out those that have a type line.
  const type = schema === "google" ? "" : "event: error\n";
  return `\n\n${type}data: ${JSON.stringify(encodeError(status, details, schema))}\n\n`;
}

/** Tells Anthropic's SDK to send the whole conversation each time, instead of a thread that its provider would hold. */
function threadless(param: string | null) {
  return param === "thread" && { details: { error_code: "thread_unsupported_request", unsupported: ["thread"] } };
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
};

function anthropicType(status: number): string {
  return ANTHROPIC_TYPES[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
}

/** Names of `google.rpc.Code` by HTTP status. */
const GOOGLE_STATUSES: Readonly<Record<number, string>> = {
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  504: "DEADLINE_EXCEEDED",
};

function googleStatus(status: number): string {
  return GOOGLE_STATUSES[status] ?? (status < 500 ? "INVALID_ARGUMENT" : "UNAVAILABLE");
}
