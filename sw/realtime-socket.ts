import { pause } from "./pause.ts";
import { endedBy, openRealtimeConnection, type RealtimeConnection, readEvent } from "./realtime-connection.ts";
import type { RealtimeCredentialOptions, RealtimePage } from "./realtime-credential.ts";
import { type RealtimeError, WORTH_ANOTHER } from "./realtime-error.ts";
import { createSocketFace } from "./realtime-socket-face.ts";

/** What is left of a session, as far as anything is limited. */
export interface RealtimeBudget {
  /** Until the session ends by itself; absent where no end is known. */
  readonly secondsLeft?: number;
  /** US dollars, as of the last response that began. */
  readonly usdLeft?: number;
  readonly tokensLeft?: number;
  /** Why it will end, half a minute before: `credential_expired`, `session_duration_exceeded` or `idle_timeout`. */
  readonly endsBecause?: string;
}

/** Options of `realtimeSocket`. */
export interface RealtimeSocketOptions extends RealtimeCredentialOptions {
  /** Whether to connect again where the connection broke and no response was under way; true unless given. */
  readonly reconnect?: boolean;
  /** Is told what is left, at first and whenever that changes other than by time. */
  readonly onBudget?: (left: RealtimeBudget) => void;
  /** Stops connecting, or closes the socket. */
  readonly signal?: AbortSignal;
}

/** Pauses before each attempt. One after a connection that lasted begins anew with the first. */
const PAUSES_MS: readonly number[] = [200, 500, 1_000, 2_000, 4_000, 8_000];
const LASTED_MS = 10_000;

/** Opens a session that survives its connection. */
export async function openRealtimeSocket(page: RealtimePage, options: RealtimeSocketOptions): Promise<WebSocket> {
  const first = await openRealtimeConnection(page, options);
  const { signal, onBudget, reconnect = true } = options;
  const ended = new AbortController();
  let connection = first;
  let isResponding = false;
  let attempts = 0;
  let since = performance.now();
  let lastError: unknown;
  const face = createSocketFace(() => connection.socket, close);

  function close(code?: number, reason?: string): void {
    if (ended.signal.aborted) return;
    ended.abort();
    if (connection.socket.readyState < WebSocket.CLOSING) connection.socket.close(code, reason);
    // The connection before is gone, and there will be no other.
    else face.closed({ code: code ?? 1005, reason: reason ?? "", wasClean: true });
  }
  const take = (data: unknown): void => {
    const event = readEvent(data);
    if (event?.type === "response.created") isResponding = true;
    if (event?.type === "response.done") isResponding = false;
    lastError = event?.type === "error" ? event.error : undefined;
    const left = budgetIn(event);
    if (left) onBudget?.(left);
    else face.message(data);
  };
  const follow = (next: RealtimeConnection): void => {
    connection = next;
    since = performance.now();
    next.socket.binaryType = face.socket.binaryType;
    isResponding = false;
    lastError = undefined;
    next.listen(take);
    next.socket.addEventListener("close", (event) => void onClose(event));
  };
  const onClose = async (event: CloseEvent): Promise<void> => {
    const again = reconnect && WORTH_ANOTHER.has(event.code) && !isResponding && !ended.signal.aborted;
    const next = again ? await connectAgain() : undefined;
    if (!next) {
      if (event.code !== 1000 && !ended.signal.aborted) face.failed(endedBy(event, lastError));
      return face.closed(event);
    }
    if (ended.signal.aborted) return next.socket.close();
    face.message(JSON.stringify({ type: "mintgate.reconnected", close_code: event.code }));
    follow(next);
  };
  const connectAgain = async (): Promise<RealtimeConnection | undefined> => {
    face.reconnecting(true);
    const until = AbortSignal.any([ended.signal, ...(signal ? [signal] : [])]);
    if (performance.now() - since >= LASTED_MS) attempts = 0;
    for (const ms of PAUSES_MS.slice(attempts)) {
      attempts++;
      try {
        await pause(ms, until);
        const opened = await openRealtimeConnection(page, { ...options, signal: until });
        face.reconnecting(false);
        return opened;
      } catch (error) {
        lastError = error;
        if (until.aborted || !(error as RealtimeError).isTemporary) break;
      }
    }
    face.reconnecting(false);
    return undefined;
  };

  signal?.addEventListener("abort", () => close(1000));
  follow(first);
  return face.socket;
}

function budgetIn(event: Readonly<Record<string, unknown>> | undefined): RealtimeBudget | undefined {
  if (event?.type !== "mintgate.budget" && event?.type !== "mintgate.warning") return undefined;
  const { seconds_left: seconds, usd_left: usd, tokens_left: tokens, code } = event;
  return {
    ...(typeof seconds === "number" && { secondsLeft: seconds }),
    ...(typeof usd === "number" && { usdLeft: usd }),
    ...(typeof tokens === "number" && { tokensLeft: tokens }),
    ...(typeof code === "string" && { endsBecause: code }),
  };
}
