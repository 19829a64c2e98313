import type { ErrorDetails } from "../contract/openai-error.ts";

/** Path of an endpoint below a provider's base URL. Model endpoints are named after it. */
export function upstreamPath(endpoint: string): string {
  return `/${endpoint}`;
}

/**
 * A provider's error body as one of ours: message, type, param and code, each only if it is text. `undefined` where the
 * body is not an error in a form that OpenAI-like providers use.
 */
export function decodeError(body: string): ErrorDetails | undefined {
  const parsed = parse(body);
  if (!isObject(parsed)) return undefined;
  const error = parsed.error ?? parsed;
  if (typeof error === "string") return { message: error, type: "upstream_error", code: null };
  if (!isObject(error)) return undefined;
  const message = text(error.message) ?? text(error.detail);
  if (message === undefined) return undefined;
  return {
    message,
    type: text(error.type) ?? "upstream_error",
    param: text(error.param) ?? null,
    code: text(error.code) ?? null,
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
