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

/** What ends a stream whose provider sent an event that is too long to look into. */
export const OVERLONG: ErrorDetails = {
  message: "The provider's answer holds an event that is too long.",
  type: "upstream_error",
  code: "upstream_malformed",
};
