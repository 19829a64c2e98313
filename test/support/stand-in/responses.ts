import { type Answer, type AnswerInput, CREATED, type StreamEvent } from "./answers.ts";

const ITEM_ID = "msg_stand_in";
const PLACE = { item_id: ITEM_ID, output_index: 0, content_index: 0 };

/** `responses`: one message of text, whole or as its event stream. */
export function responsesAnswer({ fields, model, pieces, streaming }: AnswerInput): Answer {
  const text = pieces.join("");
  const done = response({ fields, model, status: "completed", output: [message(text)], tokens: pieces.length });
  if (!streaming) return { kind: "json", body: done };
  const started = response({ fields, model, status: "in_progress", output: [], tokens: 0 });
  const item = { id: ITEM_ID, type: "message", role: "assistant" };
  return {
    kind: "events",
    events: numbered([
      { type: "response.created", response: started },
      { type: "response.in_progress", response: started },
      { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", content: [] } },
      { type: "response.content_part.added", ...PLACE, part: part("") },
      ...pieces.map((delta) => ({ type: "response.output_text.delta", ...PLACE, delta, logprobs: [] })),
      { type: "response.output_text.done", ...PLACE, text, logprobs: [] },
      { type: "response.content_part.done", ...PLACE, part: part(text) },
      { type: "response.output_item.done", output_index: 0, item: message(text) },
      { type: "response.completed", response: done },
    ]),
  };
}

interface TypedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

function numbered(events: readonly TypedEvent[]): StreamEvent[] {
  return events.map((event, sequence_number) => ({ event: event.type, data: { ...event, sequence_number } }));
}

function part(text: string) {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function message(text: string) {
  return { id: ITEM_ID, type: "message", role: "assistant", status: "completed", content: [part(text)] };
}

interface ResponseParts {
  readonly fields: AnswerInput["fields"];
  readonly model: string;
  readonly status: "completed" | "in_progress";
  readonly output: readonly unknown[];
  readonly tokens: number;
}

function response({ fields, model, status, output, tokens }: ResponseParts) {
  const usage = {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 9 + tokens,
  };
  return {
    id: "resp_stand_in",
    object: "response",
    created_at: CREATED,
    status,
    error: null,
    incomplete_details: null,
    instructions: fields.instructions ?? null,
    metadata: {},
    model,
    output,
    parallel_tool_calls: true,
    temperature: fields.temperature ?? 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    usage: status === "completed" ? usage : null,
  };
}
