import { unpackCallId } from "../carry.ts";
import type { Message, Part, ReasoningPart } from "../chat-request.ts";
import { FieldError, needText } from "../read.ts";
import { decodeResolution } from "./decode-media.ts";
import { type Conversation, decodePart } from "./decode-parts.ts";
import { type Item, readFields } from "./fields.ts";

/** @throws {FieldError} at the first thing that cannot be translated. */
export function decodeContents(items: readonly Item[], resolution: string | undefined): Message[] {
  const conversation: Conversation = { detail: decodeResolution(resolution), open: [], calls: 0 };
  const messages: Message[] = [];
  for (const { value, at } of items) {
    const fields = readFields(value, at, ["role", "parts"]);
    const role = fields.text("role") ?? "user";
    if (!["user", "model", "function"].includes(role)) {
      throw new FieldError(fields.at("role"), `\`${fields.at("role")}\` must be user or model.`);
    }
    const isModel = role === "model";
    const parts = fields.list("parts").flatMap((part) => decodePart(part, isModel, conversation));
    // Clients keep each chunk of a stream as a turn of its own.
    const before = isModel && messages.at(-1)?.role === "assistant" ? messages.pop() : undefined;
    messages.push({ role: isModel ? "assistant" : "user", parts: [...(before?.parts ?? []), ...parts] });
  }
  return messages.map((message) =>
    message.role === "assistant" ? { ...message, parts: withCarried(joined(message.parts)) } : message,
  );
}

/** Text and thoughts in one piece again, as far as they were but cut for a stream. */
function joined(parts: readonly Part[]): Part[] {
  const whole: Part[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (part.kind === "text" && last?.kind === "text" && !part.signature && !last.signature) {
      whole[whole.length - 1] = { kind: "text", text: last.text + part.text };
    } else if (
      part.kind === "reasoning" &&
      last?.kind === "reasoning" &&
      !last.signature &&
      part.signature?.by !== "google"
    ) {
      whole[whole.length - 1] = { ...part, text: last.text + part.text };
    } else whole.push(part);
  }
  return whole;
}

/** The system instruction: text only. @throws {FieldError} */
export function decodeSystem(value: unknown, at: string): Message[] {
  if (value === undefined) return [];
  const parts = readFields(value, at, ["role", "parts"]).list("parts");
  return [
    {
      role: "system",
      parts: parts.map((part) => {
        const fields = readFields(part.value, part.at, ["text"]);
        return { kind: "text", text: needText(fields.get("text"), fields.at("text")) };
      }),
    },
  ];
}

/** Thoughts that came in the ids of calls, unless they stand there as parts, too. */
function withCarried(parts: readonly Part[]): Part[] {
  const known = new Set(parts.flatMap((part) => (part.kind === "reasoning" ? (part.signature?.value ?? []) : [])));
  const isNew = ({ signature }: ReasoningPart): boolean => signature !== undefined && !known.has(signature.value);
  const before: Part[] = [];
  let isFirst = true;
  const rest = parts.flatMap((part): Part[] => {
    if (part.kind !== "tool_call") return [part];
    const { id, signature, reasoning } = unpackCallId(part.id);
    const thoughts = reasoning.filter(isNew);
    if (isFirst) before.push(...thoughts);
    const call = { ...(signature && { signature }), ...part, id };
    const own = isFirst ? [call] : [...thoughts, call];
    isFirst = false;
    return own;
  });
  return [...before, ...rest];
}
