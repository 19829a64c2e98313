import { unpackCallId } from "../carry.ts";
import { asObject, asText, type Json } from "../read.ts";
import type { Ways } from "../wire-format.ts";
import { wireCallId } from "./call-id.ts";

/**
 * A caller's own Chat Completions body for a provider that speaks it, if the ids of its tool calls need to be others: they
 * carry what another provider wants back, or are not what this one takes. `undefined` if nothing is to be done.
 */
export function repairRequest(body: Json, ways: Ways): Record<string, unknown> | undefined {
  if (!Array.isArray(body.messages)) return undefined;
  const given: readonly unknown[] = body.messages;
  const messages = given.map((message) => repairMessage(message, ways));
  return messages.some((message, index) => message !== given[index]) ? { ...body, messages } : undefined;
}

/** The message itself if nothing is to be done. */
function repairMessage(value: unknown, ways: Ways): unknown {
  const message = asObject(value);
  if (message?.role === "tool") {
    const id = repairId(message.tool_call_id, ways);
    return id === message.tool_call_id ? value : { ...message, tool_call_id: id };
  }
  if (message?.role !== "assistant" || !Array.isArray(message.tool_calls)) return value;
  const given: readonly unknown[] = message.tool_calls;
  const tool_calls = given.map((call) => {
    const id = repairId(asObject(call)?.id, ways);
    return id === asObject(call)?.id ? call : { ...asObject(call), id };
  });
  if (tool_calls.every((call, index) => call === given[index])) return value;
  // The thoughts beside such calls are another provider's, too, and most refuse the field.
  const { reasoning_content: _, ...rest } = message;
  return { ...rest, tool_calls };
}

function repairId(value: unknown, ways: Ways): unknown {
  const given = asText(value);
  if (given === undefined) return value;
  const { id } = unpackCallId(given);
  // A long id that carries nothing of ours may be the provider's own, with something that it wants back.
  return id === given && !ways.toolCallIds ? id : wireCallId(id, ways);
}
