import { KEY_HEADERS } from "../contract/headers.ts";

/** What a WebSocket handshake says beside its URL. */
export interface Handshake {
  readonly isUpgrade: boolean;
  /** Whether the client asks for subprotocol `realtime`; one that does not would fail if it were selected. */
  readonly offersRealtime: boolean;
  /** Whether the credential came as a subprotocol, or not at all: such a client cannot read an HTTP error. */
  readonly bySubprotocol: boolean;
  /** Whether the client speaks the names and shapes of the beta. */
  readonly isBeta: boolean;
}

const KEY_PROTOCOL = "openai-insecure-api-key.";
const BETA_PROTOCOL = "openai-beta.realtime-v1";

/** Reads the headers of a request to upgrade. */
export function readHandshake(headers: Headers): Handshake {
  const protocols = protocolsOf(headers);
  return {
    isUpgrade: headers.get("upgrade")?.toLowerCase() === "websocket",
    offersRealtime: protocols.includes("realtime"),
    bySubprotocol: protocols.some((protocol) => protocol.startsWith(KEY_PROTOCOL)) || !hasKeyHeader(headers),
    isBeta: protocols.includes(BETA_PROTOCOL) || /\brealtime=v1\b/.test(headers.get("openai-beta") ?? ""),
  };
}

/** The headers with which a handshake's credential is checked: one that came as a subprotocol is a bearer's. */
export function authorityHeaders(headers: Headers): Headers {
  const credential = credentialIn(protocolsOf(headers));
  if (credential === undefined) return withApiKey(headers);
  const presented = new Headers(headers);
  for (const name of KEY_HEADERS) presented.delete(name);
  presented.set("authorization", `Bearer ${credential}`);
  return presented;
}

function hasKeyHeader(headers: Headers): boolean {
  return headers.has("api-key") || KEY_HEADERS.some((name) => headers.has(name));
}

/** Azure's clients send the key in a header of their own. */
function withApiKey(headers: Headers): Headers {
  const key = headers.get("api-key");
  if (key === null || KEY_HEADERS.some((name) => headers.has(name))) return headers;
  const presented = new Headers(headers);
  presented.set("authorization", `Bearer ${key}`);
  return presented;
}

function protocolsOf(headers: Headers): readonly string[] {
  return (headers.get("sec-websocket-protocol") ?? "").split(",").map((protocol) => protocol.trim());
}

function credentialIn(protocols: readonly string[]): string | undefined {
  const protocol = protocols.find((candidate) => candidate.startsWith(KEY_PROTOCOL));
  if (protocol === undefined) return undefined;
  const encoded = protocol.slice(KEY_PROTOCOL.length);
  // OpenAI's reference client writes this where it was given no key.
  if (encoded === "" || encoded === "null" || encoded === "undefined") return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
