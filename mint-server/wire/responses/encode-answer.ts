import { type ChatAnswer, eventsOf } from "../chat-answer.ts";
import type { ChatRequest, Part } from "../chat-request.ts";
import type { Stamp } from "../wire-format.ts";
import { createComposer } from "./compose.ts";

/** A whole answer: what its stream would end with. */
export function encodeAnswer(answer: ChatAnswer, request: ChatRequest, stamp: Stamp): Record<string, unknown> {
  const compose = createComposer(request, stamp, () => {});
  let body: ReturnType<typeof compose>;
  const choices = answer.choices.map((choice) => ({ ...choice, parts: choice.parts.flatMap(unsigned) }));
  for (const event of eventsOf({ ...answer, choices })) if (event.type !== "error") body = compose(event) ?? body;
  return { ...body, ...(answer.serviceTier && { service_tier: answer.serviceTier }) };
}

/** A text's signature has no place beside it: it goes into a thought of its own. */
function unsigned(part: Part): readonly Part[] {
  if (part.kind !== "text" || !part.signature) return [part];
  return [part, { kind: "reasoning", text: "", signature: part.signature }];
}
