import { restoreCalls, unpackCallId, unpackSignature } from "../carry.ts";
import type { Message, Part, Signature } from "../chat-request.ts";
import { defined } from "../openai/defined.ts";
import { refuseUnknown } from "../openai/read-fields.ts";
import { type Json, needList, needObject, needText, optionalText } from "../read.ts";
import { decodeContent } from "./decode-content.ts";
import { WIRE } from "./wire-id.ts";
import { wrong } from "./wrong.ts";

/**
 * A conversation's items as messages: one of the assistant for each run of its thoughts, words and calls, one of the user for
 * each run of results.
 *
 * @throws {FieldError}
 */
export function decodeInput(input: unknown): readonly Message[] {
  if (typeof input === "string") return [{ role: "user", parts: [{ kind: "text", text: input }] }];
  const messages: (Message & { readonly parts: Part[] })[] = [];
  for (const [index, value] of needList(input, "input").entries()) {
    const at = `input[${index}]`;
    const { role, parts } = decodeItem(needObject(value, at), at);
    const last = messages.at(-1);
    if (last?.role === role && belongTogether(last.parts, parts)) for (const part of parts) last.parts.push(part);
    // Nothing at all of the assistant's is an answer that was cut off before its first word: no provider takes it back.
    else if (role !== "assistant" || parts.length > 0) messages.push({ role, parts: [...parts] });
  }
  return messages;
}

/** Thoughts and calls go with the words of their answer, results with each other; two things that were said stay two. */
function belongTogether(before: readonly Part[], next: readonly Part[]): boolean {
  const [part] = next;
  if (part?.kind === "tool_result") return before.at(-1)?.kind === "tool_result";
  if (part?.kind === "reasoning" || part?.kind === "tool_call") return true;
  return part !== undefined && before.every(({ kind }) => kind === "reasoning" || kind === "tool_call");
}

function decodeItem(item: Json, at: string): Message {
  const type = optionalText(item.type, `${at}.type`) ?? "message";
  const fields = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  if (type === "item_reference") {
    const detail =
      " stands for an item that is not kept here, or not any more. Send the item itself: SDKs do if `store` is false.";
    throw wrong(at, detail);
  }
  if (!fields) {
    throw wrong(`${at}.type`, `: ${JSON.stringify(type)} is not translated for this model.`);
  }
  refuseUnknown(item, fields, at);
  switch (type) {
    case "function_call":
      return { role: "assistant", parts: decodeCall(item, at) };
    case "function_call_output":
      return { role: "user", parts: [decodeResult(item, at)] };
    case "reasoning":
      return { role: "assistant", parts: decodeReasoning(item, at) };
    default:
      return decodeMessage(item, at);
  }
}

const fields = (names: string): ReadonlySet<string> => new Set(`type id status ${names}`.split(" "));

/** With what answers add to an item, and the SDK's parser. */
const FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  message: fields("role content phase"),
  function_call: fields("call_id name arguments parsed_arguments namespace async caller created_by"),
  function_call_output: fields("call_id output name namespace caller created_by"),
  reasoning: fields("summary content encrypted_content"),
};

function decodeMessage({ role, content }: Json, at: string): Message {
  if (role !== "user" && role !== "assistant" && role !== "system" && role !== "developer") {
    throw wrong(`${at}.role`, " must be system, developer, user or assistant.");
  }
  return { role, parts: decodeContent(content, `${at}.content`, role === "assistant") };
}

function decodeCall(item: Json, at: string): readonly Part[] {
  const { before, calls } = restoreCalls([
    {
      kind: "tool_call",
      id: needText(item.call_id, `${at}.call_id`),
      name: needText(item.name, `${at}.name`),
      arguments: needText(item.arguments, `${at}.arguments`),
    },
  ]);
  return [...before, ...calls];
}

function decodeResult(item: Json, at: string): Part {
  return {
    kind: "tool_result",
    callId: unpackCallId(needText(item.call_id, `${at}.call_id`)).id,
    parts: decodeContent(item.output, `${at}.output`, false),
    ...defined({ name: optionalText(item.name, `${at}.name`) }),
    at,
  };
}

function decodeReasoning(item: Json, at: string): readonly Part[] {
  const text = textsIn(item.summary, `${at}.summary`) || textsIn(item.content, `${at}.content`);
  const packed = optionalText(item.encrypted_content, `${at}.encrypted_content`);
  if (!packed) return text === "" ? [] : [{ kind: "reasoning", text }];
  const unpacked = unpackSignature(packed, WIRE);
  const id = optionalText(item.id, `${at}.id`);
  // What came from this wire format itself has the id beside it.
  const signature: Signature = unpacked.by === WIRE && !unpacked.id && id ? { ...unpacked, id } : unpacked;
  return [{ kind: "reasoning", text, signature }];
}

function textsIn(value: unknown, at: string): string {
  const list = value == null ? [] : needList(value, at);
  return list
    .map((part, index) => needText(needObject(part, `${at}[${index}]`).text, `${at}[${index}].text`))
    .join("\n\n");
}
