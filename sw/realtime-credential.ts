import { realtimeError } from "./realtime-error.ts";

/** What both {@link realtimeCredential} and `realtimeSocket` take. */
export interface RealtimeCredentialOptions {
  readonly model: string;
  /**
   * Fields of OpenAI's realtime session (GA), such as `instructions`. They are locked: whoever holds the credential cannot
   * change them.
   */
  readonly session?: Readonly<Record<string, unknown>>;
  /** How long it may be used, 10 to 7200 s; 600 unless given, and never longer than the page's own credential. */
  readonly expiresSeconds?: number;
  readonly signal?: AbortSignal;
}

/** A credential for realtime sessions alone, and where it is good. */
export interface RealtimeCredential {
  /** Begins with `ek_`. */
  readonly value: string;
  /** Unix seconds. */
  readonly expires_at: number;
  /** Of the WebSocket, model included. */
  readonly url: string;
  /** For the SDP offer of a call over WebRTC. */
  readonly callsURL: string;
}

/** What the page brings. */
export interface RealtimePage {
  /** Base URL of the mint-server, without a slash at its end. */
  readonly mintServer: string;
  /** A `fetch` that adds the page's credential. */
  readonly fetch: typeof fetch;
}

/** Exchanges the page's bound credential, whose proofs a WebSocket cannot carry, for one that it can. */
export async function requestRealtimeCredential(
  { mintServer, fetch: covered }: RealtimePage,
  { model, session, expiresSeconds, signal }: RealtimeCredentialOptions,
): Promise<RealtimeCredential> {
  const body = {
    ...(expiresSeconds !== undefined && { expires_after: { anchor: "created_at", seconds: expiresSeconds } }),
    session: { ...session, type: "realtime", model },
  };
  const answer = await covered(`${mintServer}/realtime/client_secrets`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw realtimeError({ code: "offline", message: "The mint-server could not be reached.", cause });
  });
  const { value, expires_at, error } = await fieldsOf(answer);
  if (answer.ok && typeof value === "string" && typeof expires_at === "number")
    return {
      value,
      expires_at,
      url: `${mintServer.replace(/^http/, "ws")}/realtime?${new URLSearchParams({ model })}`,
      callsURL: `${mintServer}/realtime/calls`,
    };
  throw realtimeError({ ...toldIn(error), status: answer.status });
}

async function fieldsOf(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await answer.json().catch(() => undefined);
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}

/** What an error of OpenAI's shape says. */
export function toldIn(error: unknown): { readonly code: string | null; readonly message: string } {
  const { code, message } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return {
    code: typeof code === "string" ? code : null,
    message: typeof message === "string" ? message : "The mint-server gave no realtime session.",
  };
}
