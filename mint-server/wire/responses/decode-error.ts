import type { ErrorDetails } from "../../contract/openai-error.ts";
import { decodeError as decodeOpenAI } from "../openai/decode-error.ts";

/** An error's body, a failed answer, or an error event's data, whose `type` says no more than that it is one. */
export function decodeError(body: string): ErrorDetails | undefined {
  const details = decodeOpenAI(body);
  return details?.type === "error" ? { ...details, type: "upstream_error" } : details;
}
