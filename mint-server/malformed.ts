import type { ErrorDetails } from "./contract/openai-error.ts";
import { type Failure, fail } from "./failures.ts";

/** How a provider's errors are read and told. */
export interface ErrorWays {
  readonly decodeError?: ((body: string) => ErrorDetails | undefined) | undefined;
  /** Takes out what may not be told. */
  readonly clean: (details: ErrorDetails) => ErrorDetails;
}

/** The failure of an answer that is none: the provider's own error inside a 200, or something that its API does not define. */
export function malformed(
  text: string,
  { decodeError, clean }: ErrorWays,
): { readonly ok: false; readonly failure: Failure } {
  const details = decodeError?.(text);
  return fail(
    details ? { kind: "upstream_error", status: 502, details: clean(details) } : { kind: "upstream_malformed" },
  );
}
