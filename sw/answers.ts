import { type ErrorSchema, encodeError } from "../mint-server/contract/error-shapes.ts";
import type { ErrorDetails } from "../mint-server/contract/openai-error.ts";
import type { MintFailure } from "./mint.ts";

/** An answer that this browser makes itself. */
export interface LocalAnswer {
  readonly status: number;
  readonly error: ErrorDetails;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The mint-server cannot be reached. */
export const OFFLINE: LocalAnswer = {
  status: 503,
  error: {
    message:
      "The mint-server could not be reached. Check the network connection, and that the mint-server allows this page's origin; then send the request again.",
    type: "connection_error",
    code: "offline",
  },
};

/** Something else stands at the mint-server's address. */
const MISCONFIGURED: LocalAnswer = {
  status: 502,
  error: {
    message:
      "What answers at the mint-server's address is not a mint-server. Check the option `mintServer`: it is the base URL, its prefix `/v1/proxy` included.",
    type: "configuration_error",
    code: "mint_server_not_found",
  },
};

/** No key can be bound here: browsers offer WebCrypto on secure origins only. */
export const INSECURE: LocalAnswer = {
  status: 400,
  error: {
    message: "This page has no secure origin, so no key can be made for it. Open it over https, or on localhost.",
    type: "configuration_error",
    code: "insecure_origin",
  },
};

/** Builds the response of a local answer, as the caller's SDK reads errors. SDKs are told not to try again by themselves. */
export function toResponse({ status, error, headers }: LocalAnswer, schema: ErrorSchema): Response {
  return Response.json(encodeError(status, error, schema), {
    status,
    headers: { ...headers, "cache-control": "no-store", "x-should-retry": "false" },
  });
}

/** The answer for a request that got no credential: the session door's own words where it spoke. */
export function localAnswerTo(failure: MintFailure): Response | LocalAnswer {
  switch (failure.kind) {
    case "refused":
      return new Response(failure.body, { status: failure.status, headers: failure.headers });
    case "offline":
      return OFFLINE;
    case "misconfigured":
      return MISCONFIGURED;
  }
}

/** An answer's headers without those that described its body on the wire. */
export function bodyHeaders(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) kept.delete(name);
  return kept;
}
