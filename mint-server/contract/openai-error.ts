/** The body of every error, as OpenAI's SDKs read it. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface ErrorDetails {
  readonly message: string;
  readonly type: string;
  readonly param?: string | null;
  readonly code: string | null;
}

/** Builds an error body; `param` is null unless a field is to blame. */
export function errorBody({ message, type, param = null, code }: ErrorDetails): ErrorBody {
  return { error: { message, type, param, code } };
}

/**
 * The one event that ends a stream which failed after it began. No `[DONE]` follows.
 *
 * It starts with a blank line: the stream may have been cut inside an event, and that rest must not swallow this one.
 */
export function errorEvent(details: ErrorDetails): string {
  return `\n\nevent: error\ndata: ${JSON.stringify(errorBody(details))}\n\n`;
}

/** What ends a stream whose provider stopped before its terminal marker. */
export const TRUNCATED: ErrorDetails = {
  message: "The provider's answer ended before it was complete. Send the request again.",
  type: "upstream_error",
  code: "stream_truncated",
};
