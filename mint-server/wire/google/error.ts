import type { ErrorDetails } from "../../contract/openai-error.ts";
import { asObject, asObjects, asText, parse } from "../read.ts";

/** A Google error, also as the only element of a list, as streams without `alt=sse` give it. */
export function decodeError(body: string): ErrorDetails | undefined {
  return errorIn(parse(body));
}

/** The error that an answer or an event holds, if any. */
export function errorIn(body: unknown): ErrorDetails | undefined {
  const error = asObject(asObject(Array.isArray(body) ? body[0] : body)?.error);
  const message = asText(error?.message);
  if (!error || message === undefined) return undefined;
  const status = asText(error.status);
  const reason = asObjects(error.details).flatMap((detail) => asText(detail.reason) ?? [])[0];
  return { message, type: status ?? "upstream_error", code: reason ?? status ?? null };
}
