import { unpackCallId } from "../carry.ts";
import type { Part, ToolCallPart, ToolResultPart } from "../chat-request.ts";
import { FieldError, isObject, needObject, needText } from "../read.ts";
import { decodeBlob, decodeFile, decodeResolution } from "./decode-media.ts";
import { type Fields, type Item, readFields, unknownField } from "./fields.ts";
import { unpackThought } from "./signature.ts";

const PART = [
  "text",
  "thought",
  "thoughtSignature",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "mediaResolution",
  "partMetadata",
] as const;
type PartFields = Fields<(typeof PART)[number]>;

/** What the parts of a conversation have in common. */
export interface Conversation {
  /** OpenAI's name of the resolution that holds where a part has none of its own. */
  readonly detail: string | undefined;
  /** Calls that no result has answered yet, since results may leave out their id. */
  readonly open: { readonly id: string; readonly name: string }[];
  calls: number;
}

/** @throws {FieldError} */
export function decodePart({ value, at }: Item, isModel: boolean, conversation: Conversation): Part[] {
  const fields = readFields(value, at, PART);
  const signed = fields.text("thoughtSignature");
  const signature = signed ? { signature: unpackThought(signed) } : {};
  const text = fields.text("text");
  if (fields.boolean("thought")) return [{ kind: "reasoning", text: text ?? "", ...signature }];
  const misplaced = isModel ? "functionResponse" : "functionCall";
  if (fields.get(misplaced) !== undefined) {
    throw new FieldError(fields.at(misplaced), `\`${fields.at(misplaced)}\` stands in a turn of the wrong role.`);
  }
  if (fields.get("functionCall") !== undefined) return [{ ...decodeCall(fields, conversation), ...signature }];
  if (fields.get("functionResponse") !== undefined) return [decodeResult(fields, conversation)];
  if (text) return [{ kind: "text", text, ...signature }];
  // A signature of words that came before.
  if (signed) return [{ kind: "reasoning", text: "", ...signature }];
  return text === undefined ? [decodeOther(fields, at, conversation)] : [];
}

function decodeOther(fields: PartFields, at: string, conversation: Conversation): Part {
  const level = fields.get("mediaResolution");
  const detail =
    level === undefined
      ? conversation.detail
      : decodeResolution(readFields(level, fields.at("mediaResolution"), ["level", "numTokens"]).text("level"));
  if (fields.get("inlineData") !== undefined)
    return decodeBlob(fields.get("inlineData"), fields.at("inlineData"), detail);
  if (fields.get("fileData") !== undefined) return decodeFile(fields.get("fileData"), fields.at("fileData"), detail);
  // What Google's own tools did in earlier turns is told to other models in words.
  for (const [name, words] of [
    ["executableCode", "code"],
    ["codeExecutionResult", "output"],
  ] as const) {
    if (fields.get(name) === undefined) continue;
    const ran = readFields(fields.get(name), fields.at(name), ["id", "language", "outcome", words]);
    return {
      kind: "text",
      text: `\`\`\`${ran.text("language")?.toLowerCase() ?? ""}\n${ran.text(words) ?? ""}\n\`\`\``,
    };
  }
  throw unknownField(at);
}

function decodeCall(part: PartFields, conversation: Conversation): ToolCallPart {
  const fields = readFields(part.get("functionCall"), part.at("functionCall"), ["id", "name", "args"]);
  const name = needText(fields.get("name"), fields.at("name"));
  const id = fields.text("id") || `call_${conversation.calls}`;
  conversation.calls++;
  conversation.open.push({ id: unpackCallId(id).id, name });
  const args = fields.get("args") ?? {};
  return { kind: "tool_call", id, name, arguments: JSON.stringify(needObject(args, fields.at("args"))) };
}

function decodeResult(part: PartFields, { open, detail }: Conversation): ToolResultPart {
  const at = part.at("functionResponse");
  const fields = readFields(part.get("functionResponse"), at, ["id", "name", "response", "parts"]);
  const name = fields.text("name");
  const given = fields.text("id");
  const own = given && unpackCallId(given).id;
  const index = open.findIndex((call) => (own ? call.id === own : call.name === name));
  const callId = own || open[index]?.id;
  if (!callId) throw new FieldError(at, `\`${at}\` answers no function call that stands before it.`);
  if (index >= 0) open.splice(index, 1);
  const media = fields.list("parts").map((item): Part => {
    const file = readFields(item.value, item.at, ["inlineData", "fileData"]);
    return file.get("fileData") === undefined
      ? decodeBlob(file.get("inlineData"), file.at("inlineData"), detail)
      : decodeFile(file.get("fileData"), file.at("fileData"), detail);
  });
  const { text, isError } = decodeResponse(needObject(fields.get("response") ?? {}, fields.at("response")));
  const words: Part[] = text === "" && media.length > 0 ? [] : [{ kind: "text", text }];
  return {
    kind: "tool_result",
    callId,
    ...(name && { name }),
    parts: [...words, ...media],
    ...(isError && { isError }),
    at,
  };
}

/** A response of one field that the API gives a meaning, or by custom has one, is that field's value. */
function decodeResponse(response: Readonly<Record<string, unknown>>): { text: string; isError?: true } {
  const [[name, value] = ["", undefined], ...others] = Object.entries(response);
  if (others.length > 0 || !["output", "result", "error"].includes(name)) return { text: JSON.stringify(response) };
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // An object of its own would be taken for the whole response, which it is not.
  return name === "error" ? { text, isError: true } : { text: isObject(value) ? JSON.stringify(response) : text };
}
