import type { ErrorDetails } from "../../contract/openai-error.ts";
import { asObject, asPlainText, asText, isObject, type Json, parse } from "../read.ts";

/** Anthropic's types of errors in OpenAI's words. */
const MEANINGS: Readonly<Record<string, readonly [type: string, code: string | null]>> = {
  invalid_request_error: ["invalid_request_error", null],
  authentication_error: ["authentication_error", "invalid_api_key"],
  billing_error: ["insufficient_quota", "insufficient_quota"],
  permission_error: ["permission_error", "permission_denied"],
  not_found_error: ["invalid_request_error", "not_found"],
  request_too_large: ["invalid_request_error", "request_too_large"],
  rate_limit_error: ["rate_limit_error", "rate_limit_exceeded"],
  api_error: ["server_error", "server_error"],
  overloaded_error: ["server_error", "overloaded"],
  timeout_error: ["server_error", "timeout"],
};

/** An error body, or an error event's data; `undefined` if it is none. Vertex puts its own errors in Google's shape. */
export function decodeError(body: string): ErrorDetails | undefined {
  const parsed = parse(body);
  const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  return isObject(first) ? errorDetails(first) : undefined;
}

/** What is wrong, as the `error` member tells. */
export function errorDetails({ error }: Json): ErrorDetails | undefined {
  const { type, message, status, details } = asObject(error) ?? {};
  if (typeof message !== "string" || message === "") return undefined;
  const name = asPlainText(type);
  const meaning = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
  const [ownType, ownCode] = meaning ?? [asText(type) ?? "upstream_error", asText(status) ?? null];
  const code = isTooLong(message) ? "context_length_exceeded" : asText(asObject(details)?.error_code);
  return { message, type: ownType, param: null, code: code ?? ownCode };
}

function isTooLong(message: string): boolean {
  return /prompt is too long|exceeds? (the )?(model's )?context/i.test(message);
}
