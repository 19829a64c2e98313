import { KEY_HEADERS } from "../contract/headers.ts";

/** The query's names for what Google's SDK sends: a key, or one of Google's own temporary credentials. */
const KEY_NAMES = ["key", "access_token"];

/** The credential that a WebSocket's URL holds, as Google's clients write it; `undefined` where there is none. */
export function credentialInURL(url: string): string | undefined {
  const { searchParams } = new URL(url);
  return KEY_NAMES.map((name) => searchParams.get(name)).find((value) => value !== null && value !== "") ?? undefined;
}

/** The headers with which the credential of a Gemini Live session is checked: one in a header goes before one in the URL. */
export function geminiHeaders(headers: Headers, url: string): Headers {
  const credential = credentialInURL(url);
  if (credential === undefined || KEY_HEADERS.some((name) => headers.has(name))) return headers;
  const presented = new Headers(headers);
  presented.set("x-goog-api-key", credential);
  return presented;
}
