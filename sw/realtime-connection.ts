import {
  type RealtimeCredentialOptions,
  type RealtimePage,
  requestRealtimeCredential,
  toldIn,
} from "./realtime-credential.ts";
import { type RealtimeError, realtimeError } from "./realtime-error.ts";

/** A session's socket, open, and what came over it until now. */
export interface RealtimeConnection {
  readonly socket: WebSocket;
  /** Takes what came so far, and all that comes from now on. */
  listen(onMessage: (data: unknown) => void): void;
}

/** A provider that greets nobody is taken as connected after so long. */
const GREETING_MS = 5_000;

/**
 * Opens a session. The server lets in whom it refuses, since a page cannot read why a handshake failed: so a connection is one
 * only when something else than an error came over it.
 *
 * @throws {RealtimeError}
 */
export async function openRealtimeConnection(
  page: RealtimePage,
  options: RealtimeCredentialOptions,
): Promise<RealtimeConnection> {
  const { value, url } = await requestRealtimeCredential(page, options);
  options.signal?.throwIfAborted();
  const socket = new WebSocket(`${url}&mintgate_events=1`, ["realtime", `openai-insecure-api-key.${value}`]);
  const early: unknown[] = [];
  let take = (data: unknown): void => void early.push(data);
  socket.addEventListener("message", ({ data }) => take(data));
  await greeting(socket, options.signal, () => early.at(-1));
  return {
    socket,
    listen(onMessage) {
      take = onMessage;
      for (const data of early.splice(0)) onMessage(data);
    },
  };
}

function greeting(socket: WebSocket, signal: AbortSignal | undefined, last: () => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    let error: unknown;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settled = new AbortController();
    const { signal: until } = settled;
    const settle = (problem?: unknown): void => {
      clearTimeout(timer);
      settled.abort();
      if (problem === undefined) resolve();
      else {
        socket.close();
        reject(problem);
      }
    };
    const onOpen = (): void => {
      timer = setTimeout(() => settle(), GREETING_MS);
    };
    const onMessage = (): void => {
      const event = readEvent(last());
      if (event?.type === "error") error = event.error;
      else settle();
    };
    socket.addEventListener("open", onOpen, { signal: until });
    socket.addEventListener("message", onMessage, { signal: until });
    socket.addEventListener("close", (event) => settle(endedBy(event, error)), { signal: until });
    signal?.addEventListener("abort", () => settle(signal.reason), { signal: until });
  });
}

/** Why a socket closed, by the error that came before, or by its code and reason. */
export function endedBy({ code, reason }: Pick<CloseEvent, "code" | "reason">, error?: unknown): RealtimeError {
  const lost = { code: reason || "connection_lost", message: "The connection to the mint-server ended." };
  const told = error === undefined ? lost : toldIn(error);
  // Our close codes say more than the errors, which may be a provider's.
  return realtimeError({ ...told, code: code >= 4000 && reason ? reason : told.code, closeCode: code });
}

/** A message as an event; `undefined` for one that is none. */
export function readEvent(data: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const event: unknown = JSON.parse(data);
    return typeof event === "object" && event !== null ? (event as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
