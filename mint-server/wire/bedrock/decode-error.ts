import type { ErrorDetails } from "../../contract/openai-error.ts";
import { asObject, asText, parse } from "../read.ts";

/** An error's body, or an exception's frame. `name`: what the frame's header calls it. */
export function decodeError(body: string, name?: string): ErrorDetails | undefined {
  const error = asObject(parse(body));
  const message = asText(error?.message) ?? asText(error?.Message);
  if (message === undefined) return undefined;
  const type = name ?? asText(error?.__type)?.replace(/^.*#/, "");
  return { message, type: type || "upstream_error", code: null };
}
