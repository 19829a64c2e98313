import { unpackCallId } from "../carry.ts";
import { asObject, asText, type Json } from "../read.ts";
import type { Ways } from "../wire-format.ts";
import { wireCallId } from "./call-id.ts";
import { documentPart } from "./document.ts";
import { renamed } from "./renamed.ts";

/**
 * A caller's own Chat Completions body for a provider that speaks it, if something in it needs to be otherwise: fields that
 * this one calls otherwise or refuses, and ids of tool calls which carry what another provider wants back, or are not what
 * this one takes. `undefined` if nothing is to be done.
 */
export function repairRequest(body: Json, ways: Ways): Record<string, unknown> | undefined {
  const fields = Object.keys(ways.fields ?? {}).some((name) => Object.hasOwn(body, name)) ? renamed(body, ways) : body;
  if (!Array.isArray(body.messages)) return fields === body ? undefined : fields;
  const given: readonly unknown[] = body.messages;
  const messages = given.map((message) => repairMessage(message, ways));
  if (messages.some((message, index) => message !== given[index])) return { ...fields, messages };
  return fields === body ? undefined : fields;
}

/** The message itself if nothing is to be done. */
function repairMessage(value: unknown, ways: Ways): unknown {
  const message = asObject(value);
  if (message?.role === "tool") {
    const id = repairId(message.tool_call_id, ways);
    return id === message.tool_call_id ? value : { ...message, tool_call_id: id };
  }
  if (message?.role === "user" && ways.files) return repairDocuments(message, ways.files);
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

/** OpenAI's part for documents in the provider's own form; the message itself if it holds none. */
function repairDocuments(message: Json, way: NonNullable<Ways["files"]>): Json {
  if (!Array.isArray(message.content)) return message;
  const given: readonly unknown[] = message.content;
  const content = given.map((part) => {
    const file = asObject(asObject(part)?.file);
    const data = asText(file?.file_data);
    return data === undefined ? part : documentPart(data, asText(file?.filename), way);
  });
  return content.every((part, index) => part === given[index]) ? message : { ...message, content };
}

function repairId(value: unknown, ways: Ways): unknown {
  const given = asText(value);
  if (given === undefined) return value;
  const { id } = unpackCallId(given);
  // A long id that carries nothing of ours may be the provider's own, with something that it wants back.
  return id === given && !ways.toolCallIds ? id : wireCallId(id, ways);
}
