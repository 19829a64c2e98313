import { sha256Base64url } from "../contract/bytes.ts";
import { fail, ok, type Result } from "../failures.ts";
import { askJson } from "./ask-json.ts";
import type { Session } from "./id-token.ts";

/** The app's own back end, which knows its sessions. */
export interface SessionCallback {
  readonly url: string;
  /** Headers of the browser's request that it is shown; its cookies unless given. */
  readonly forward?: readonly ("cookie" | "authorization")[] | undefined;
}

const MAX_NAME_LENGTH = 256;

/**
 * Asks the app's back end whose session a request belongs to: `GET` with the browser's own headers, answered by
 * `{"subject", "session"?}`, or by 401 or 403. No answer is kept.
 */
export async function askApp(
  { url, forward = ["cookie"] }: SessionCallback,
  { headers }: Request,
): Promise<Result<Session>> {
  const shown = forward.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  if (shown.length === 0) return fail({ kind: "no_session", reason: "denied" });
  const answer = await askJson(url, { method: "GET", headers: Object.fromEntries(shown) });
  if (answer?.status === 401 || answer?.status === 403) return fail({ kind: "no_session", reason: "denied" });
  const { subject, session } = (answer?.status === 200 && answer.body) || {};
  if (!isName(subject) || !(session === undefined || session === null || isName(session))) {
    console.error(
      `mintgate: the app's session URL gave ${answer ? `${answer.status} without a subject` : "no answer"}`,
    );
    return fail({ kind: "no_session", reason: "unchecked" });
  }
  // The app's name for a session may be what its cookie holds, so only a hash of it is kept.
  return ok({ subject, ...(session && { session: await sha256Base64url(JSON.stringify([url, subject, session])) }) });
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAME_LENGTH;
}
