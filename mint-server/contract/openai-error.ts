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

/** What ends a stream whose provider stopped before its terminal marker. */
export const TRUNCATED: ErrorDetails = {
  message: "The provider's answer ended before it was complete. Send the request again.",
  type: "upstream_error",
  code: "stream_truncated",
};
