import type { ResponseErrorEvent } from "openai/resources/responses/responses";
import type { ErrorDetails } from "../../contract/openai-error.ts";
import type { ChatRequest } from "../chat-request.ts";
import type { Stamp, StreamEncoder } from "../wire-format.ts";
import { createComposer } from "./compose.ts";
import type { Send } from "./composing.ts";

/** Writes an answer's event stream, whose events are numbered from 0. */
export function createStreamEncoder(request: ChatRequest, stamp: Stamp): StreamEncoder {
  let text = "";
  let number = 0;
  let over = false;
  const send: Send = (event) => {
    text += `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: number++ })}\n\n`;
  };
  const compose = createComposer(request, stamp, send);
  return {
    encode(event) {
      if (over) return "";
      text = "";
      if (event.type === "error") send(errorEvent(event.details));
      else compose(event);
      over = event.type === "end" || event.type === "error";
      return text;
    },
  };
}

function errorEvent({ message, code, param = null }: ErrorDetails): Omit<ResponseErrorEvent, "sequence_number"> {
  return { type: "error", code, message, param };
}
