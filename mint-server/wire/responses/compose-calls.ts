import { packCallId } from "../carry.ts";
import type { StreamEvent } from "../chat-answer.ts";
import { parse } from "../read.ts";
import { closeMessage, closeReasoning } from "./compose-said.ts";
import { begin, type Composing, finishItem, type ItemStatus } from "./composing.ts";

/**
 * Begins a tool call. Its own signature travels in its `call_id`, which is all that some clients return of a call; thoughts
 * are items of their own.
 */
export function startCall(composing: Composing, event: Extract<StreamEvent, { type: "tool_start" }>): void {
  closeReasoning(composing);
  closeMessage(composing, "completed");
  const call_id = packCallId(event.id, { signature: event.signature, reasoning: [] });
  const { name } = event;
  const open = begin(composing, "fc", (id) => ({
    type: "function_call",
    id,
    call_id,
    name,
    arguments: "",
    status: "in_progress",
  }));
  composing.calls.set(event.call, open);
}

export function addArguments({ calls, send }: Composing, call: number, delta: string): void {
  const open = calls.get(call);
  if (!open || delta === "") return;
  open.item.arguments += delta;
  send({ type: "response.function_call_arguments.delta", ...open.place, delta });
}

/** Ends a call. One whose arguments break off waits for the reason. */
export function endCall(composing: Composing, call: number): void {
  const text = composing.calls.get(call)?.item.arguments;
  if (!text || parse(text) !== undefined) closeCall(composing, call, "completed");
}

export function closeCall(composing: Composing, call: number, status: ItemStatus): void {
  const open = composing.calls.get(call);
  if (!open) return;
  const { item, place } = open;
  if (item.arguments === "" && status === "completed") addArguments(composing, call, "{}");
  item.status = status;
  composing.send({ type: "response.function_call_arguments.done", ...place, arguments: item.arguments });
  finishItem(composing, open);
  composing.calls.delete(call);
}
