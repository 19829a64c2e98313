import type { ContentBlockParam, MessageParam, TextBlockParam } from "@anthropic-ai/sdk/resources/messages/messages";
import type { Message } from "../chat-request.ts";
import { FieldError } from "../read.ts";
import { encodePart, encodeText } from "./encode-parts.ts";
import type { ModelTraits } from "./models.ts";

/** A turn whose content is a list that may still grow. */
type Turn =
  | { readonly role: "user" | "assistant"; readonly content: ContentBlockParam[] }
  | { readonly role: "system"; readonly content: TextBlockParam[] };

interface EncodedConversation {
  readonly system: TextBlockParam[];
  readonly messages: MessageParam[];
}

/**
 * A conversation as Anthropic takes it: leading system messages apart, turns that alternate and begin with the user's,
 * tool results first in theirs, no blank text.
 *
 * @throws {FieldError} for what has no place in it.
 */
export function encodeConversation(messages: readonly Message[], traits: ModelTraits): EncodedConversation {
  const all = messages.map((message) => encodeMessage(message, traits)).filter(({ content }) => content.length > 0);
  const spoken = all.findIndex(({ role }) => role !== "system");
  // With nobody else to speak, the last system message is what is asked.
  const lead = spoken < 0 ? all.length - 1 : spoken;
  const system = all.slice(0, Math.max(lead, 0)).flatMap(({ content }) => content as TextBlockParam[]);
  const rest = all.slice(Math.max(lead, 0));
  const turns = spoken < 0 ? rest.map(({ content }): Turn => ({ role: "user", content })) : alternate(rest, traits);
  if (turns.length === 0) throw new FieldError("messages", "The request holds no text to answer.");
  return { system, messages: turns.map(finish) };
}

function encodeMessage({ role, parts }: Message, traits: ModelTraits): Turn {
  if (role === "system" || role === "developer") return { role: "system", content: systemBlocks(parts) };
  const blocks = parts.flatMap((part) => encodePart(part, role));
  const thinks = traits.thinking !== "none";
  return { role, content: thinks ? blocks : blocks.filter(({ type }) => !type.endsWith("thinking")) };
}

function systemBlocks(parts: Message["parts"]): TextBlockParam[] {
  return parts.flatMap((part) => {
    if (part.kind === "text" || part.kind === "refusal") return encodeText(part);
    throw new FieldError("at" in part ? part.at : "messages", "A system message may hold text only.");
  });
}

function alternate(messages: readonly Turn[], traits: ModelTraits): Turn[] {
  const turns: Turn[] = [];
  const append = (role: "user" | "assistant", content: readonly ContentBlockParam[]): void => {
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content: [...content] });
  };
  messages.forEach(({ role, content }, index) => {
    const last = turns.at(-1);
    if (role !== "system") {
      // Bedrock and older servers want the user to begin.
      if (role === "assistant" && !last) append("user", [{ type: "text", text: "." }]);
      append(role, content);
      return;
    }
    const next = messages.slice(index + 1).find((message) => message.role !== "system");
    // A system turn follows a user's turn, and is followed by the assistant's or by none.
    const hasPlace = traits.systemTurns && (last?.role === "user" || last?.role === "system") && next?.role !== "user";
    if (!hasPlace) append("user", content.map(wrapped));
    else if (last?.role === "system") last.content.push(...content);
    else turns.push({ role, content: [...content] });
  });
  return turns;
}

function wrapped(block: TextBlockParam): TextBlockParam {
  return { ...block, text: `<system>\n${block.text}\n</system>` };
}

function finish({ role, content }: Turn, index: number, turns: readonly Turn[]): MessageParam {
  if (role === "system") return { role, content };
  if (role === "user") {
    const isResult = ({ type }: ContentBlockParam): boolean => type === "tool_result";
    return { role, content: [...content.filter(isResult), ...content.filter((block) => !isResult(block))] };
  }
  const last = content.at(-1);
  // The text to go on from may not end in white space.
  return index === turns.length - 1 && last?.type === "text"
    ? { role, content: [...content.slice(0, -1), { ...last, text: last.text.trimEnd() }] }
    : { role, content };
}
