import { toBase64url } from "./bytes.ts";
import { canonicalJson } from "./canonical-json.ts";
import { joinFields } from "./fields.ts";
import { HEADER } from "./headers.ts";

/** Everything that makes one request another. */
export interface CacheQuestion {
  /** Whose cache: organisation and partition; in the browser also the answer's form. */
  readonly scope: readonly string[];
  /** The model endpoint's name, such as `chat/completions`. */
  readonly endpoint: string;
  /** Id of the provider that the model was resolved to, or the ids of several. */
  readonly provider: string;
  /** The model as it was resolved. */
  readonly model: string;
  /** What {@link meaningfulHeaders} gives. */
  readonly headers: Readonly<Record<string, string>>;
  /** What {@link canonicalBody} gives. */
  readonly body: string;
}

/** First field of every name: another way of making names gives other names. */
const VERSION = "mintgate/cache/1";

/**
 * The name under which a question's answer is stored: HMAC-SHA-256 in base64url. Without the key nobody can tell from a
 * name what was asked, nor find the name of what they would ask.
 *
 * @param key For HMAC with SHA-256, with the usage `sign`.
 */
export async function cacheName(key: CryptoKey, question: CacheQuestion): Promise<string> {
  const { scope, endpoint, provider, model, headers, body } = question;
  const named = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  // Lists are told from what follows them by their lengths.
  const lists = [scope, named.flat()].flatMap((list) => [String(list.length), ...list]);
  const fields = joinFields([VERSION, endpoint, provider, model, ...lists, body]);
  return toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, fields)));
}

/** A body's one spelling, without what only says in which form the answer comes. */
export function canonicalBody(body: Readonly<Record<string, unknown>>): string {
  const { stream: _stream, stream_options: _options, ...rest } = body;
  return canonicalJson(rest);
}

const MEANINGFUL: readonly string[] = ["anthropic-version", "anthropic-beta", "openai-beta", HEADER.endpointName];

/** The headers of a request that change what is asked, or whom. */
export function meaningfulHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    MEANINGFUL.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}
