import type { Response, ResponseOutputItem, ResponseUsage } from "openai/resources/responses/responses";
import { type Answer, CREATED } from "../answers.ts";
import { idFrom } from "../ids.ts";
import type { AnswerInput } from "../openai/format.ts";
import type { Reply } from "../reply.ts";
import { seal } from "../seal.ts";
import { objectsIn } from "../turn.ts";
import { store } from "./stored.ts";
import { responsesEvents } from "./stream.ts";

/** A response as the API sends it; `output_text` is the SDK's own. */
export type WireResponse = Omit<Response, "output_text">;

/** `responses`: thoughts, a message and calls, whole or as their event stream. */
export function responsesAnswer(input: AnswerInput): Answer {
  const output = itemsOf(input);
  const done = responseOf(input, output);
  if (input.fields.store !== false) store(done);
  if (!input.streaming) return { kind: "json", body: done };
  const started: WireResponse = {
    ...done,
    status: "in_progress",
    incomplete_details: null,
    output: [],
    usage: null as never,
  };
  return { kind: "events", events: responsesEvents({ input, started, done }) };
}

function itemsOf({ fields, reply }: AnswerInput): ResponseOutputItem[] {
  const { seed, reasoning, pieces, calls, finish, citations, orders } = reply;
  const text = pieces.join("");
  const thoughts = { type: "reasoning", id: `rs_${idFrom(seed, 48)}` } as const;
  const sealed = Array.isArray(fields.include) && fields.include.includes("reasoning.encrypted_content");
  const annotations = citations.map(({ url, title }) => ({
    type: "url_citation" as const,
    url,
    title,
    start_index: 0,
    end_index: text.length,
  }));
  const content =
    finish === "refusal"
      ? { type: "refusal" as const, refusal: text }
      : { type: "output_text" as const, text, annotations, logprobs: [] };
  const status = finish === "length" || finish === "content_filter" ? "incomplete" : "completed";
  return [
    ...(reasoning === undefined
      ? []
      : [
          {
            ...thoughts,
            summary: orders.redacted ? [] : [{ type: "summary_text" as const, text: reasoning }],
            ...(sealed && { encrypted_content: seal(`responses ${thoughts.id}`, reasoning) }),
          },
        ]),
    ...(pieces.length === 0
      ? []
      : [
          {
            id: "msg_stand_in",
            type: "message" as const,
            role: "assistant" as const,
            status,
            content: [content],
          } as const,
        ]),
    ...calls.map((call, at) => ({
      type: "function_call" as const,
      id: `fc_${idFrom(`${seed} item ${at}`, 48)}`,
      call_id: `call_${idFrom(`${seed} ${at}`, 24)}`,
      name: call.name,
      arguments: JSON.stringify(call.arguments),
      status: "completed" as const,
    })),
    ...(orders.unknownEvents ? [{ type: "future_call", id: "fut_1" } as never] : []),
  ].map((item) => item as ResponseOutputItem);
}

const REASONS = { length: "max_output_tokens", content_filter: "content_filter" } as const;

function responseOf({ fields, model, reply }: AnswerInput, output: ResponseOutputItem[]): WireResponse {
  const { finish } = reply;
  const reason = finish === "length" || finish === "content_filter" ? REASONS[finish] : undefined;
  return {
    id: "resp_stand_in",
    object: "response",
    created_at: CREATED,
    status: reason ? "incomplete" : "completed",
    error: null,
    incomplete_details: reason ? { reason } : null,
    access_programs: null,
    instructions: (fields.instructions ?? null) as Response["instructions"],
    metadata: {},
    model,
    output,
    parallel_tool_calls: fields.parallel_tool_calls !== false,
    temperature: Number(fields.temperature ?? 1),
    tool_choice: (fields.tool_choice ?? "auto") as Response["tool_choice"],
    tools: objectsIn(fields.tools) as unknown as Response["tools"],
    top_p: 1,
    usage: usageOf(reply),
  };
}

function usageOf({ usage }: Reply): ResponseUsage {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: usage.cacheWrite },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}
