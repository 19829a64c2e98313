import { type Answer, type AnswerInput, CREATED, type StreamEvent, usageOf } from "./answers.ts";

/** `chat/completions`, whole or streaming, with as many choices as `n` asks for. */
export function chatAnswer(input: AnswerInput): Answer {
  const { model, pieces, streaming } = input;
  const base = { id: "chatcmpl-stand-in", created: CREATED, model, system_fingerprint: "fp_stand_in" };
  if (streaming) return { kind: "events", events: chatEvents({ ...base, object: "chat.completion.chunk" }, input) };
  const choices = indexes(input).map((index) => ({
    index,
    message: { role: "assistant", content: pieces.join(""), refusal: null, annotations: [] },
    logprobs: null,
    finish_reason: "stop",
  }));
  return { kind: "json", body: { ...base, object: "chat.completion", choices, usage: usageOf(pieces) } };
}

function chatEvents(base: object, input: AnswerInput): StreamEvent[] {
  const chunk = (index: number, delta: object, finish_reason: string | null = null): StreamEvent => ({
    data: { ...base, choices: [{ index, delta, logprobs: null, finish_reason }] },
  });
  const all = indexes(input);
  return [
    ...all.map((index) => chunk(index, { role: "assistant", content: "", refusal: null })),
    ...input.pieces.flatMap((content) => all.map((index) => chunk(index, { content }))),
    ...all.map((index) => chunk(index, {}, "stop")),
    ...usageEvent(base, input),
    { data: "[DONE]" },
  ];
}

/** The older `completions`, whole or streaming. */
export function completionAnswer(input: AnswerInput): Answer {
  const { model, pieces, streaming } = input;
  const base = { id: "cmpl-stand-in", object: "text_completion", created: CREATED, model };
  const choice = (index: number, text: string, finish_reason: string | null) => ({
    index,
    text,
    logprobs: null,
    finish_reason,
  });
  const all = indexes(input);
  if (!streaming) {
    const choices = all.map((index) => choice(index, pieces.join(""), "stop"));
    return { kind: "json", body: { ...base, choices, usage: usageOf(pieces) } };
  }
  const chunks = pieces.flatMap((text) =>
    all.map((index) => ({ data: { ...base, choices: [choice(index, text, null)] } })),
  );
  const ends = all.map((index) => ({ data: { ...base, choices: [choice(index, "", "stop")] } }));
  return { kind: "events", events: [...chunks, ...ends, ...usageEvent(base, input), { data: "[DONE]" }] };
}

function usageEvent(base: object, { fields, pieces }: AnswerInput): StreamEvent[] {
  const options = fields.stream_options as { include_usage?: boolean } | null | undefined;
  return options?.include_usage ? [{ data: { ...base, choices: [], usage: usageOf(pieces) } }] : [];
}

function indexes({ fields }: AnswerInput): number[] {
  return [...Array(Number(fields.n ?? 1)).keys()];
}
