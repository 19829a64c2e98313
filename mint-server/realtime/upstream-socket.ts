import { type Failure, fail, ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { refusalOf } from "../providers/upstream.ts";
import { plainAuthority } from "../providers/upstream-headers.ts";

export interface OpenOptions {
  readonly endpoint: Endpoint;
  readonly url: string;
  /** True if the key is the caller's own, so that a refusal is theirs to hear. */
  readonly callersKey: boolean;
}

const OPEN_SECONDS = 10;

/** Opens a WebSocket at a provider, to be accepted by whoever listens to it. Its headers are built from nothing, and no subprotocol is asked for. */
export async function openUpstream({ endpoint, url, callersKey }: OpenOptions): Promise<Result<WebSocket>> {
  const wire = endpoint.provider.wire;
  const authority = endpoint.authority
    ? await endpoint.authority.headers({ url, payload: "" })
    : ok(plainAuthority({ endpoint, wire }));
  if (!authority.ok) return authority;
  // A signal that fired later on would end the socket, too.
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), OPEN_SECONDS * 1000);
  try {
    const response = await fetch(url, {
      headers: { ...endpoint.headers, ...authority.value, upgrade: "websocket", "user-agent": "mintgate" },
      redirect: "manual",
      signal: deadline.signal,
    });
    const { webSocket } = response;
    if (webSocket) return ok(webSocket);
    if (response.status === 401) endpoint.authority?.refused(authority.value);
    if (response.status < 400) return fail({ kind: "upstream_malformed" });
    return await refusal(response, { endpoint, callersKey });
  } catch {
    return fail(deadline.signal.aborted ? TOO_SLOW : { kind: "upstream_unreachable" });
  } finally {
    clearTimeout(timer);
  }
}

const MAX_ERROR_BYTES = 64 * 1024;

/** What a provider's refusal says. */
export async function refusal(
  response: Response,
  asked: Pick<OpenOptions, "endpoint" | "callersKey">,
): Promise<Result<never>> {
  return refusalOf(response, await readSome(response), asked);
}

/** What came of an error's body before it became too long. */
async function readSome({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = "";
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    text += decoder.decode(read.value, { stream: true });
    if (text.length > MAX_ERROR_BYTES) await reader?.cancel();
  }
  return text;
}

const TOO_SLOW: Failure = { kind: "upstream_timeout", phase: "first byte", seconds: OPEN_SECONDS };
