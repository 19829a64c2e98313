import type { Answer } from "../answer.ts";
import { HEADER } from "../contract/headers.ts";
import { describe } from "../failure-answers.ts";
import type { Failure } from "../failures.ts";
import { endingOf, withinReason } from "./close-codes.ts";
import { errorEvent } from "./events.ts";
import type { Handshake } from "./handshake.ts";

/** The answer that upgrades. */
export function switching(webSocket: WebSocket, { offersRealtime }: Handshake, endpoint?: string): Answer {
  return {
    status: 101,
    headers: {
      ...(offersRealtime && { "sec-websocket-protocol": "realtime" }),
      ...(endpoint !== undefined && { [HEADER.usedEndpoint]: endpoint }),
    },
    body: null,
    webSocket,
  };
}

/** A failure as one event on an accepted socket, which closes. */
export function refuseSocket(socket: WebSocket, failure: Failure): void {
  socket.send(JSON.stringify(errorEvent(describe(failure).details)));
  const { code, reason } = endingOf(failure);
  socket.close(code, withinReason(reason));
}
