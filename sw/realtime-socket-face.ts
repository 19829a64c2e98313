import type { RealtimeError } from "./realtime-error.ts";

/** A WebSocket that is another one behind each time, as the app sees it. */
export interface SocketFace {
  readonly socket: WebSocket;
  message(data: unknown): void;
  /** `error` of the event says why. */
  failed(error: RealtimeError): void;
  closed(ending: Pick<CloseEvent, "code" | "reason" | "wasClean">): void;
  /** Whether there is no connection and one is being made. */
  reconnecting(value: boolean): void;
}

type Handler = ((event: Event) => void) | null;

const NAMES = ["open", "message", "error", "close"] as const;

/**
 * What is said before the app listens waits for its first listener, so that `await realtimeSocket()` misses nothing.
 *
 * @param current the connection of now
 */
export function createSocketFace(current: () => WebSocket, close: WebSocket["close"]): SocketFace {
  const target = new EventTarget();
  const handlers = new Map<string, Handler>();
  let unheard: unknown[] | undefined = [];
  let isReconnecting = false;
  let isOver = false;
  let binaryType: BinaryType = "blob";

  const tell = (data: unknown): void => void target.dispatchEvent(new MessageEvent("message", { data }));
  const heard = (type: string): void => {
    if (type !== "message" || !unheard) return;
    // Once whoever listens is done with setting up.
    queueMicrotask(() => {
      const waiting = unheard ?? [];
      unheard = undefined;
      for (const data of waiting) tell(data);
    });
  };
  const readyState = (): number => {
    if (isOver) return WebSocket.CLOSED;
    return isReconnecting ? WebSocket.CONNECTING : current().readyState;
  };
  for (const name of NAMES) {
    target.addEventListener(name, (event) => handlers.get(name)?.call(target, event));
    Object.defineProperty(target, `on${name}`, {
      get: () => handlers.get(name) ?? null,
      set(handler: Handler) {
        handlers.set(name, handler);
        heard(name);
      },
    });
  }
  const addListener = target.addEventListener.bind(target);
  const socket = Object.defineProperties(target, {
    addEventListener: {
      value: (...given: Parameters<typeof addListener>) => {
        addListener(...given);
        heard(given[0]);
      },
    },
    readyState: { get: readyState },
    url: { get: () => current().url },
    protocol: { get: () => current().protocol },
    extensions: { get: () => current().extensions },
    bufferedAmount: { get: () => current().bufferedAmount },
    binaryType: {
      get: () => binaryType,
      set(value: BinaryType) {
        binaryType = value;
        current().binaryType = value;
      },
    },
    send: {
      value(data: Parameters<WebSocket["send"]>[0]) {
        if (isReconnecting) throw new DOMException("The connection is being made again.", "InvalidStateError");
        if (!isOver) current().send(data);
      },
    },
    close: { value: close },
    CONNECTING: { value: 0 },
    OPEN: { value: 1 },
    CLOSING: { value: 2 },
    CLOSED: { value: 3 },
  }) as WebSocket;

  return {
    socket,
    message(data) {
      if (unheard) unheard.push(data);
      else tell(data);
    },
    failed: (error) => void target.dispatchEvent(Object.assign(new Event("error"), { error })),
    closed({ code, reason, wasClean }) {
      if (isOver) return;
      isOver = true;
      target.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
    },
    reconnecting(value) {
      isReconnecting = value;
    },
  };
}
