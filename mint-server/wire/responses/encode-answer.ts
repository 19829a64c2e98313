import { type ChatAnswer, eventsOf } from "../chat-answer.ts";
import type { ChatRequest } from "../chat-request.ts";
import type { Stamp } from "../wire-format.ts";
import { createComposer } from "./compose.ts";

/** A whole answer: what its stream would end with. */
export function encodeAnswer(answer: ChatAnswer, request: ChatRequest, stamp: Stamp): Record<string, unknown> {
  const compose = createComposer(request, stamp, () => {});
  let body: ReturnType<typeof compose>;
  for (const event of eventsOf(answer)) if (event.type !== "error") body = compose(event) ?? body;
  return { ...body, ...(answer.serviceTier && { service_tier: answer.serviceTier }) };
}
