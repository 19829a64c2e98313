import type {
  ResponseFunctionToolCall,
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import type { StreamEvent } from "../answers.ts";
import type { AnswerInput } from "../openai/format.ts";
import { argumentPieces, type Reply } from "../reply.ts";
import type { WireResponse } from "./answer.ts";

/** An event before it has its number. */
type Unnumbered<Event> = Event extends { response: unknown }
  ? Omit<Event, "sequence_number" | "response"> & { response: WireResponse }
  : Event extends unknown
    ? Omit<Event, "sequence_number">
    : never;
type Step = Unnumbered<ResponseStreamEvent>;

interface Streamed {
  readonly input: AnswerInput;
  readonly started: WireResponse;
  readonly done: WireResponse;
}

/** The events of a streamed response, item by item. */
export function responsesEvents({ input, started, done }: Streamed): StreamEvent[] {
  const steps: Step[] = [
    { type: "response.created", response: started },
    { type: "response.in_progress", response: started },
    ...done.output.flatMap((item, output_index) => itemSteps(item, output_index, input.reply)),
    { type: done.status === "incomplete" ? "response.incomplete" : "response.completed", response: done },
  ];
  return steps.map((step, sequence_number) => ({ event: step.type, data: { ...step, sequence_number } }));
}

function itemSteps(item: ResponseOutputItem, output_index: number, reply: Reply): Step[] {
  const added = (begun: ResponseOutputItem): Step => ({
    type: "response.output_item.added",
    output_index,
    item: begun,
  });
  const done: Step = { type: "response.output_item.done", output_index, item };
  switch (item.type) {
    case "message": {
      const begun: ResponseOutputMessage = { ...item, status: "in_progress", content: [] };
      return [added(begun), ...messageSteps(item, output_index, reply), done];
    }
    case "reasoning":
      return [added({ ...item, summary: [] }), ...reasoningSteps(item, output_index), done];
    case "function_call":
      return [added({ ...item, arguments: "", status: "in_progress" }), ...callSteps(item, output_index, reply), done];
    default:
      return [added(item), done];
  }
}

function messageSteps({ id, content: [part] }: ResponseOutputMessage, output_index: number, reply: Reply): Step[] {
  const place = { item_id: id, output_index, content_index: 0 };
  if (part?.type === "refusal") {
    return [
      { type: "response.content_part.added", ...place, part: { type: "refusal", refusal: "" } },
      ...reply.pieces.map((delta): Step => ({ type: "response.refusal.delta", ...place, delta })),
      { type: "response.refusal.done", ...place, refusal: part.refusal },
      { type: "response.content_part.done", ...place, part },
    ];
  }
  if (part === undefined) return [];
  return [
    { type: "response.content_part.added", ...place, part: { ...part, text: "", annotations: [] } },
    ...reply.pieces.map((delta): Step => ({ type: "response.output_text.delta", ...place, delta, logprobs: [] })),
    ...part.annotations.map(
      (annotation, annotation_index): Step => ({
        type: "response.output_text.annotation.added",
        ...place,
        annotation_index,
        annotation,
      }),
    ),
    { type: "response.output_text.done", ...place, text: part.text, logprobs: [] },
    { type: "response.content_part.done", ...place, part },
  ];
}

function reasoningSteps({ id, summary }: ResponseReasoningItem, output_index: number): Step[] {
  return summary.flatMap((part, summary_index) => {
    const place = { item_id: id, output_index, summary_index };
    return [
      { type: "response.reasoning_summary_part.added", ...place, part: { ...part, text: "" } },
      ...part.text
        .split(/(?<= )/)
        .map((delta): Step => ({ type: "response.reasoning_summary_text.delta", ...place, delta })),
      { type: "response.reasoning_summary_text.done", ...place, text: part.text },
      { type: "response.reasoning_summary_part.done", ...place, part },
    ] satisfies Step[];
  });
}

function callSteps(item: ResponseFunctionToolCall, output_index: number, { orders }: Reply): Step[] {
  const place = { item_id: item.id ?? "", output_index };
  const call = { name: item.name, arguments: JSON.parse(item.arguments) };
  return [
    ...argumentPieces(call, orders).map(
      (delta): Step => ({ type: "response.function_call_arguments.delta", ...place, delta }),
    ),
    { type: "response.function_call_arguments.done", ...place, arguments: item.arguments },
  ];
}
