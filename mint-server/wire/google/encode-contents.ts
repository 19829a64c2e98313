import { signatureFor } from "../carry.ts";
import {
  type ChatRequest,
  type Message,
  type Part,
  type ToolCallPart,
  type ToolResultPart,
  textOf,
} from "../chat-request.ts";
import { FieldError, isObject, type Json, parse, parseDataURL } from "../read.ts";
import { encodeMedia, type MediaPart } from "./encode-media.ts";
import { generationOf } from "./thinking.ts";
import type { GeminiContent, GeminiPart } from "./wire-types.ts";

/** Google's documented stand-in where a call was not made by a Gemini model, and so has no signature of one. */
const FOREIGN_SIGNATURE = "skip_thought_signature_validator";

/** @throws {FieldError} for content that the wire has no place for. */
export function encodeContents({ messages, model }: ChatRequest): {
  readonly system: GeminiPart[];
  readonly contents: GeminiContent[];
} {
  // From the third generation on calls must be signed, and results may hold media.
  const isThird = generationOf(model) >= 3;
  const found = messages.findIndex((message) => !isSystem(message));
  const leading = found < 0 ? messages.length : found;
  const system = messages.slice(0, leading).flatMap(({ parts }) => parts.flatMap(encodeText));
  const contents = encodeTurns(messages.slice(leading), isThird);
  // A request without contents is refused.
  return contents.length > 0 || system.length === 0
    ? { system, contents }
    : { system: [], contents: [{ role: "user", parts: system }] };
}

function isSystem({ role }: Message): boolean {
  return role === "system" || role === "developer";
}

function encodeTurns(messages: readonly Message[], isThird: boolean): GeminiContent[] {
  const results = resultsByCall(messages);
  const placed = new Set<Part>();
  const contents: GeminiContent[] = [];
  const push = (role: string, parts: GeminiPart[]): void => {
    const last = contents.at(-1);
    if (parts.length === 0) return;
    if (last?.role === role) last.parts?.push(...parts);
    else contents.push({ role, parts });
  };
  for (const { role, parts } of turnsOf(messages)) {
    if (role === "user") {
      push("user", encodeUser(parts, placed));
      continue;
    }
    push("model", encodeModel(parts, isThird));
    const answered = parts.flatMap((call) => {
      const result = call.kind === "tool_call" ? results.get(call.id)?.shift() : undefined;
      if (result) placed.add(result);
      return result && call.kind === "tool_call" ? [encodeResult(result, call, isThird)] : [];
    });
    push("user", [...answered.map(({ response }) => response), ...answered.flatMap(({ media }) => media)]);
  }
  return contents;
}

/** Results in the order in which they stand: clients that use an id again mean the next call. */
function resultsByCall(messages: readonly Message[]): Map<string, ToolResultPart[]> {
  const results = new Map<string, ToolResultPart[]>();
  for (const part of messages.flatMap(({ parts }) => parts)) {
    if (part.kind !== "tool_result") continue;
    const same = results.get(part.callId);
    if (same) same.push(part);
    else results.set(part.callId, [part]);
  }
  return results;
}

interface Turn {
  readonly role: "user" | "model";
  readonly parts: Part[];
}

function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "model" : "user";
    const parts: readonly Part[] = isSystem(message)
      ? [{ kind: "text", text: `<system>\n${textOf(message.parts, "\n")}\n</system>` }]
      : message.parts;
    const last = turns.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else turns.push({ role, parts: [...parts] });
  }
  return turns;
}

function encodeUser(parts: readonly Part[], placed: ReadonlySet<Part>): GeminiPart[] {
  return parts.flatMap((part): GeminiPart[] => {
    if (part.kind !== "tool_result") return isMedia(part) ? [encodeMedia(part)] : encodeText(part);
    if (placed.has(part)) return [];
    throw new FieldError(part.at, `\`${part.at}\` answers no tool call that stands before it.`);
  });
}

function encodeModel(parts: readonly Part[], isThird: boolean): GeminiPart[] {
  let isFirst = true;
  return parts.flatMap((part): GeminiPart[] => {
    if (part.kind === "reasoning") {
      const signature = signatureFor(part, "google");
      if (!signature) return [];
      return [{ text: part.text, ...(part.text !== "" && { thought: true }), thoughtSignature: signature.value }];
    }
    if (part.kind !== "tool_call") return isMedia(part) ? [encodeMedia(part)] : encodeOwnText(part);
    const { id, name } = part;
    const signature = signatureFor(part, "google")?.value ?? (isThird && isFirst ? FOREIGN_SIGNATURE : undefined);
    isFirst = false;
    const functionCall = { id, name, args: argumentsOf(part) };
    return [{ functionCall, ...(signature !== undefined && { thoughtSignature: signature }) }];
  });
}

function isMedia(part: Part): part is MediaPart {
  return part.kind === "image" || part.kind === "file" || part.kind === "audio";
}

/** No empty text: the API refuses it. */
function encodeText(part: Part): GeminiPart[] {
  const signature = part.kind === "text" ? signatureFor(part, "google") : undefined;
  const text = textOf([part]);
  return text === "" && !signature ? [] : [{ text, ...(signature && { thoughtSignature: signature.value }) }];
}

/** The model's images, which came as Markdown, become images again. */
function encodeOwnText(part: Part): GeminiPart[] {
  const pieces = textOf([part]).split(/!\[image\]\((data:image\/[^)]+)\)/);
  if (pieces.length === 1) return encodeText(part);
  return pieces.flatMap((text): GeminiPart[] => {
    const image = parseDataURL(text);
    if (image) return [{ inlineData: { mimeType: image.mediaType, data: image.data } }];
    return text === "" ? [] : [{ text }];
  });
}

function argumentsOf({ name, arguments: text }: ToolCallPart): Record<string, unknown> {
  const args = parse(text.trim() || "{}");
  if (isObject(args)) return { ...args };
  throw new FieldError("messages", `The arguments of the call of ${JSON.stringify(name)} are no JSON object.`);
}

function encodeResult(
  { callId, parts, isError }: ToolResultPart,
  { name }: ToolCallPart,
  isThird: boolean,
): { readonly response: GeminiPart; readonly media: readonly GeminiPart[] } {
  const text = textOf(parts, "\n");
  const media = parts.filter(isMedia).map(encodeMedia);
  const inside = media.flatMap(({ inlineData }) => (isThird && inlineData ? [{ inlineData }] : []));
  const response = isError ? { error: text } : (objectIn(text) ?? { result: text });
  return {
    response: {
      functionResponse: {
        id: callId,
        name,
        response,
        ...(inside.length > 0 && { parts: inside }),
      },
    },
    media: media.filter(({ inlineData }) => !isThird || !inlineData),
  };
}

/** The object that a text is, unless one of its numbers would not survive the way through a parser. */
function objectIn(text: string): Json | undefined {
  const value = /\d{16}/.test(text) ? undefined : parse(text);
  return isObject(value) ? value : undefined;
}
