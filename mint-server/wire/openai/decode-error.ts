import type { ErrorDetails } from "../../contract/openai-error.ts";
import { asObject, asObjects, asText, parse } from "../read.ts";

/**
 * A provider's error body as one of ours: message, type, param and code, each only if it is text. `undefined` where the
 * body is not an error in a form that OpenAI-like providers use.
 */
export function decodeError(body: string): ErrorDetails | undefined {
  const value = parse(body);
  // Google puts the one error of its OpenAI-like API into a list.
  const parsed = asObject(Array.isArray(value) ? value[0] : value);
  if (!parsed) return undefined;
  const error = parsed.error ?? parsed;
  if (typeof error === "string") return { message: error, type: "upstream_error", code: null };
  const details = asObject(error);
  const message = details && (messageOf(details.message) ?? messageOf(details.detail));
  if (!details || message === undefined) return undefined;
  return {
    message,
    type: asText(details.type) || "upstream_error",
    param: asText(details.param) || null,
    code: asText(details.code) || null,
  };
}

/** A text, or the list of field errors that validators of Python servers make, which Mistral wraps once more. */
function messageOf(value: unknown): string | undefined {
  if (typeof value === "string") return value || undefined;
  const list = asObjects(asObject(value)?.detail ?? value).flatMap(({ loc, msg }) => {
    const text = asText(msg);
    return text ? [Array.isArray(loc) ? `${loc.join(".")}: ${text}` : text] : [];
  });
  return list.length > 0 ? list.join("; ") : undefined;
}
