import { type ChatRequest, type Message, type Part, textOf } from "../chat-request.ts";
import { asObject, FieldError } from "../read.ts";
import { type Block, cachePoint, encodePart, textBlock } from "./encode-parts.ts";

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: Block[];
}

export interface EncodedConversation {
  readonly system: Block[];
  readonly messages: readonly Turn[];
}

/**
 * A conversation as Converse takes it: leading system messages apart, turns that alternate and begin with the user's, tool
 * results first in theirs, no blank text, a name of its own for every document.
 *
 * `offersTools`: whether the request defines any, without which Converse takes no calls and no results.
 *
 * @throws {FieldError} for what has no place in it.
 */
export function encodeConversation({ model, messages: given }: ChatRequest, offersTools: boolean): EncodedConversation {
  const messages = offersTools ? given : withoutCalls(given);
  const first = messages.findIndex(({ role }) => role === "user" || role === "assistant");
  const leading = first < 0 ? messages.length : first;
  const system = messages
    .slice(0, leading)
    .flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "text" ? encodePart(part, model) : [])));
  const turns = alternate(messages.slice(leading), model);
  // With nobody else to speak, what the system says is what is asked.
  if (turns.length === 0) {
    if (system.length === 0) throw new FieldError("messages", "The request holds no text to answer.");
    return { system: [], messages: [{ role: "user", content: system }] };
  }
  return { system, messages: named(turns.map(finish)) };
}

function alternate(messages: readonly Message[], model: string): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = encodeContent(message, model);
    if (content.length === 0) continue;
    const last = turns.at(-1);
    if (!last && role === "assistant") turns.push({ role: "user", content: [{ text: "." }] });
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

function encodeContent({ role, parts }: Message, model: string): Block[] {
  if (role === "user" || role === "assistant") return parts.flatMap((part) => encodePart(part, model));
  const last = parts.findLast((part) => part.kind === "text");
  return [...textBlock(`<system>\n${textOf(parts, "\n")}\n</system>`), ...(last ? cachePoint(last, model) : [])];
}

/** Results come first in a turn, each with its mark; a document wants a text beside it. */
function finish({ role, content }: Turn): Turn {
  if (role === "assistant") return { role, content };
  const results: Block[] = [];
  const others: Block[] = [];
  let into = others;
  for (const block of content) {
    if (!block.cachePoint) into = block.toolResult ? results : others;
    into.push(block);
  }
  const wantsText = others.some(({ document }) => document) && !others.some(({ text }) => text !== undefined);
  return { role, content: [...results, ...others, ...(wantsText ? [{ text: "." }] : [])] };
}

/** Converse refuses two documents of one name, in whichever turns they stand. */
function named(turns: readonly Turn[]): Turn[] {
  const taken = new Set<string>();
  const rename = (block: Block): Block => {
    const { document, toolResult } = block;
    const result = asObject(toolResult);
    if (result) return { toolResult: { ...result, content: (result.content as Block[]).map(rename) } };
    const { name } = asObject(document) ?? {};
    if (typeof name !== "string") return block;
    let free = name;
    for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${name} (${count})`;
    taken.add(free.toLowerCase());
    return { document: { ...asObject(document), name: free } };
  };
  return turns.map(({ role, content }) => ({ role, content: content.map(rename) }));
}

/**
 * Converse has no way to say that no tool may be called but to define none, and then refuses to hear of earlier calls. So
 * these are told in words.
 */
function withoutCalls(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) => ({ ...message, parts: message.parts.flatMap(told) }));
}

function told(part: Part): readonly Part[] {
  if (part.kind === "tool_call")
    return [{ kind: "text", text: `[Called ${part.name} with ${part.arguments || "{}"}]` }];
  if (part.kind !== "tool_result") return [part];
  const media = part.parts.filter(({ kind }) => kind !== "text");
  return [{ kind: "text", text: `[It answered: ${textOf(part.parts, "\n")}]` }, ...media];
}
