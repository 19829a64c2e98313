import { type Answer, CREATED } from "../answers.ts";
import { indexes, usageEvent, usageOf } from "./chat-parts.ts";
import type { AnswerInput } from "./format.ts";

/** The older `completions`, whole or streaming. */
export function completionAnswer(input: AnswerInput): Answer {
  const { model, pieces, streaming, reply } = input;
  const base = { id: "cmpl-stand-in", object: "text_completion", created: CREATED, model };
  const choice = (index: number, text: string, finish_reason: string | null) => ({
    index,
    text,
    logprobs: null,
    finish_reason,
  });
  const all = indexes(input);
  const finish = reply.finish === "length" ? "length" : "stop";
  if (!streaming) {
    const choices = all.map((index) => choice(index, pieces.join(""), finish));
    return { kind: "json", body: { ...base, choices, usage: usageOf(reply) } };
  }
  const chunks = pieces.flatMap((text) =>
    all.map((index) => ({ data: { ...base, choices: [choice(index, text, null)] } })),
  );
  const ends = all.map((index) => ({ data: { ...base, choices: [choice(index, "", finish)] } }));
  return { kind: "events", events: [...chunks, ...ends, ...usageEvent(base, input), { data: "[DONE]" }] };
}
