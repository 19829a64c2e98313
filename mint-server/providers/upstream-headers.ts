import type { Endpoint, WireFormatId } from "./provider.ts";

/** Headers by lower-case name. */
type HeaderFields = Readonly<Record<string, string>>;

interface HeaderParts {
  readonly endpoint: Endpoint;
  readonly wire: WireFormatId;
  readonly contentType: string;
  readonly accept: string;
  readonly callerHeaders?: HeaderFields;
}

/** The headers of a call, built from nothing. What the operator configured goes before what the caller sent. */
export function upstreamHeaders(
  { endpoint, wire, contentType, accept, callerHeaders }: HeaderParts,
  authority: HeaderFields,
): Record<string, string> {
  return {
    ...WIRE_HEADERS[wire],
    ...callerHeaders,
    ...endpoint.headers,
    ...authority,
    "content-type": contentType,
    accept,
    // What comes back is handed on as it is, so it must not be compressed for us.
    "accept-encoding": "identity",
    "user-agent": "mintgate",
  };
}

/** Headers without which a wire format's API does not answer. */
const WIRE_HEADERS: Readonly<Partial<Record<WireFormatId, HeaderFields>>> = {
  anthropic: { "anthropic-version": "2023-06-01" },
};

/** Headers in which the APIs of wire formats take keys that are no bearer tokens. */
const KEY_HEADERS: Readonly<Partial<Record<WireFormatId, string>>> = {
  anthropic: "x-api-key",
  google: "x-goog-api-key",
};

/** Headers of a key that travels as it is. */
export function plainAuthority({ endpoint, wire }: Pick<HeaderParts, "endpoint" | "wire">): HeaderFields {
  const { provider, auth, apiKey } = endpoint;
  if (apiKey === undefined || auth === "none") return {};
  if (auth === "bearer") return { authorization: `Bearer ${apiKey}` };
  return { [provider.keyHeader ?? KEY_HEADERS[wire] ?? "api-key"]: apiKey };
}
