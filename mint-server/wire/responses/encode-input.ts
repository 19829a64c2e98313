import type { EasyInputMessage, ResponseInputContent, ResponseInputItem } from "openai/resources/responses/responses";
import { signatureFor } from "../carry.ts";
import {
  type ChatRequest,
  type Message,
  type Part,
  type ReasoningPart,
  type ToolResultPart,
  textOf,
} from "../chat-request.ts";
import { wireCallId } from "../openai/call-id.ts";
import { kindOf } from "../openai/model-kind.ts";
import { encodeContent } from "./encode-content.ts";
import { WIRE } from "./wire-id.ts";
import { wrong } from "./wrong.ts";

/** A conversation as the API's items, in their order. @throws {FieldError} for content that it has no place for. */
export function encodeInput({ messages, model }: ChatRequest): ResponseInputItem[] {
  const marks = kindOf(model).cacheMark === "prompt_cache_breakpoint";
  return messages.flatMap(({ role, parts }) => runsOf(parts).flatMap((run) => encodeRun(role, run, marks)));
}

const ITEMS: ReadonlySet<Part["kind"]> = new Set<Part["kind"]>(["tool_call", "tool_result", "reasoning"]);

/** Parts that are items of their own alone, those between them together. */
function runsOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  const runs: Part[][] = [];
  let said: Part[] | undefined;
  for (const part of parts) {
    if (said && !ITEMS.has(part.kind)) said.push(part);
    else {
      const run = [part];
      runs.push(run);
      said = ITEMS.has(part.kind) ? undefined : run;
    }
  }
  return runs;
}

function encodeRun(role: Message["role"], run: readonly Part[], marks: boolean): ResponseInputItem[] {
  const [part] = run;
  switch (part?.kind) {
    case "reasoning":
      return encodeReasoning(part);
    case "tool_call":
      return [{ type: "function_call", call_id: callId(part.id), name: part.name, arguments: part.arguments || "{}" }];
    case "tool_result":
      return [{ type: "function_call_output", call_id: callId(part.callId), output: encodeOutput(part, marks) }];
    default:
      return role === "assistant" ? encodeSaid(run) : [{ type: "message", role, content: encodeContent(run, marks) }];
  }
}

/** Its own thoughts go back to the API, which looks at their encrypted form only. */
function encodeReasoning(part: ReasoningPart): ResponseInputItem[] {
  const signature = signatureFor(part, WIRE);
  // An id alone would be looked up there, and the caller may have made it up.
  if (!signature?.value) return [];
  const summary = part.text === "" ? [] : [{ type: "summary_text", text: part.text } as const];
  const item = { type: "reasoning", summary, encrypted_content: signature.value } as const;
  // The SDK's type wants an id; the API does not, of thoughts that it did not keep.
  return [{ ...item, ...(signature.id && { id: signature.id }) } as Extract<ResponseInputItem, { type: "reasoning" }>];
}

/** Words of the model. The SDK's type of these wants an id, which the API does not. */
function encodeSaid(parts: readonly Part[]): ResponseInputItem[] {
  const content = parts.flatMap((part): object[] => {
    if (part.kind === "text") return [{ type: "output_text", text: part.text }];
    if (part.kind === "refusal") return [{ type: "refusal", refusal: part.text }];
    if (!("at" in part)) return [];
    throw wrong(part.at, ": this model takes only text here.");
  });
  const message = { type: "message", role: "assistant", content: content as unknown as EasyInputMessage["content"] };
  return [message as EasyInputMessage];
}

/** Text as it is, if there is nothing else; what failed says so, since there is no field for it. */
function encodeOutput({ parts, isError }: ToolResultPart, marks: boolean): string | ResponseInputContent[] {
  const text = textOf(parts);
  const failed = isError && !/^error/i.test(text) ? "Error: " : "";
  if (parts.length < 2 && parts.every(({ kind }) => kind === "text" || kind === "refusal")) return failed + text;
  const content = encodeContent(parts, marks);
  return failed ? [{ type: "input_text", text: failed }, ...content] : content;
}

/** Most characters of a call's id. */
const MAX_LENGTH = 64;

function callId(id: string): string {
  return id.length > MAX_LENGTH ? wireCallId(id, {}) : id;
}
