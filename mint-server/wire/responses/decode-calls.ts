import type { StreamEvent } from "../chat-answer.ts";
import { asObject, asText, type Json } from "../read.ts";
import { callOf } from "./decode-answer.ts";

type Emit = (event: StreamEvent) => void;

interface Call {
  readonly number: number;
  readonly item: unknown;
  readonly index: unknown;
  readonly id: string;
  length: number;
  ended: boolean;
}

export interface CallReader {
  /** Reads what an event tells of a call; nothing in any other. */
  read(event: Json, emit: Emit): void;
  /** Ends what is still open. */
  end(emit: Emit): void;
  /** Calls told of so far. */
  readonly count: number;
}

/** Tells a stream's tool calls apart, even where indices are missing or all the same, or items change their ids. */
export function createCalls(): CallReader {
  const calls: Call[] = [];
  const begin = (item: Json, index: unknown, emit: Emit): Call => {
    const { id, name } = callOf(item);
    const call: Call = { number: calls.length, item: item.id, index, id, length: 0, ended: false };
    calls.push(call);
    emit({ type: "tool_start", choice: 0, call: call.number, id, name });
    return call;
  };
  const add = (call: Call, text: string, emit: Emit): void => {
    call.length += text.length;
    if (text !== "") emit({ type: "tool_arguments", choice: 0, call: call.number, text });
  };
  const finish = (call: Call, whole: string, emit: Emit): void => {
    // Whatever was not sent in pieces.
    add(call, whole.slice(call.length), emit);
    emit({ type: "tool_end", choice: 0, call: call.number });
    call.ended = true;
  };
  const find = ({ item_id, output_index }: Json): Call | undefined => {
    const open = calls.filter(({ ended }) => !ended);
    const named = open.find(({ item }) => item !== undefined && item === item_id);
    return named ?? open.findLast(({ index }) => index !== undefined && index === output_index) ?? open.at(-1);
  };
  return {
    read(event, emit) {
      const item = asObject(event.item);
      switch (event.type) {
        case "response.output_item.added":
          if (item?.type === "function_call")
            add(begin(item, event.output_index, emit), asText(item.arguments) ?? "", emit);
          return;
        case "response.function_call_arguments.delta": {
          const call = find(event);
          if (call) add(call, asText(event.delta) ?? "", emit);
          return;
        }
        case "response.output_item.done": {
          if (item?.type !== "function_call") return;
          const same = calls.filter(({ id }) => id === callOf(item).id);
          const call = same.find(({ ended }) => !ended);
          if (!call && same.length > 0) return;
          finish(call ?? begin(item, event.output_index, emit), asText(item.arguments) ?? "", emit);
        }
      }
    },
    end(emit) {
      for (const call of calls) if (!call.ended) finish(call, "", emit);
    },
    get count() {
      return calls.length;
    },
  };
}
