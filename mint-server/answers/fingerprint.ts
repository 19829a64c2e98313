import { toBase64url } from "../contract/bytes.ts";
import { meaningfulHeaders } from "../contract/cache-key.ts";
import { joinFields } from "../contract/fields.ts";
import type { ModelRequest } from "../model-request.ts";

/** The same for two requests only if they are the same, byte for byte. */
export async function fingerprintOf(request: ModelRequest, headers: Headers): Promise<string> {
  const { endpoint, model, stream, isArray, contentType, payload } = request;
  const named = Object.entries(meaningfulHeaders(headers)).flat();
  const text = typeof payload === "string" ? payload : await digest(payload);
  return digest(joinFields([endpoint.path, model, `${stream} ${isArray}`, contentType, ...named, text]));
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
