import { fromBase64url, toBase64url, utf8 } from "../contract/bytes.ts";
import type { ReasoningPart, Signature, ToolCallPart } from "./chat-request.ts";
import { asText, parse } from "./read.ts";

// What a provider wants back travels in fields that every client returns without looking: the id of a tool call where the
// schema has no place for thoughts (Chat Completions), the opaque field of a thought where it has (Anthropic, Responses,
// Gemini). All of it is the model's own words to itself; a caller who changes it harms only their own conversation.

const MARK = "mg1";
/** Between a call's own id and what it carries; both Anthropic's and OpenAI's ids may hold it. */
const SEPARATOR = `_${MARK}_`;

/** A tool call's id that carries the call's signature and the thoughts before it; the id alone where there is nothing to carry. */
export function packCallId(
  id: string,
  {
    signature,
    reasoning,
  }: { readonly signature?: Signature | undefined; readonly reasoning: readonly ReasoningPart[] },
): string {
  const signed = reasoning.filter((part) => part.signature);
  if (!signature && signed.length === 0) return id;
  const thoughts = signed.map((part) => [part.text, flat(part.signature)]);
  return `${id}${SEPARATOR}${encode([signature ? flat(signature) : null, thoughts])}`;
}

/** A call's own id, and what came with it. Any text is an id: what carries nothing is returned as it is. */
export function unpackCallId(packed: string): {
  readonly id: string;
  readonly signature?: Signature;
  readonly reasoning: readonly ReasoningPart[];
} {
  const at = packed.indexOf(SEPARATOR);
  const carried = at < 0 ? undefined : decode(packed.slice(at + SEPARATOR.length));
  if (!Array.isArray(carried)) return { id: packed, reasoning: [] };
  const [own, thoughts] = carried as unknown[];
  const signature = unflat(own);
  const reasoning = (Array.isArray(thoughts) ? thoughts : []).flatMap((thought): ReasoningPart[] => {
    const [text, signed] = Array.isArray(thought) ? thought : [];
    const found = unflat(signed);
    return found ? [{ kind: "reasoning", text: asText(text) ?? "", signature: found }] : [];
  });
  return { id: packed.slice(0, at), ...(signature && { signature }), reasoning };
}

/** How a packed signature begins where a schema wants base64 of it once more. */
export const MARK_IN_BASE64 = "bWcxX";

/** True if a body's text holds an id or a signature that carries something: then it cannot pass through to a provider as it is. */
export function holdsCarrier(text: string): boolean {
  return [SEPARATOR, `"${MARK}_`, `"${MARK_IN_BASE64}`].some((mark) => text.includes(mark));
}

/** A signature as one opaque text. Those of `native` stay as they are, since their provider may see them directly. */
export function packSignature(signature: Signature, native: string): string {
  if (signature.by === native && !signature.id) return signature.value;
  return `${MARK}_${encode(flat(signature))}`;
}

/** The signature in an opaque text: one that was packed, or else one of `native`'s own. */
export function unpackSignature(text: string, native: string): Signature {
  const packed = text.startsWith(`${MARK}_`) ? unflat(decode(text.slice(MARK.length + 1))) : undefined;
  return packed ?? { by: native, value: text };
}

/** The signature's value if it is `by`'s, who alone can use it. */
export function signatureFor(part: { readonly signature?: Signature }, by: string): Signature | undefined {
  return part.signature?.by === by ? part.signature : undefined;
}

/** Parts of the assistant in the order that their providers had them: a call's thoughts before it, and the first call's before any text. */
export function restoreCalls(calls: readonly ToolCallPart[]): {
  readonly before: readonly ReasoningPart[];
  readonly calls: readonly (ToolCallPart | ReasoningPart)[];
} {
  const unpacked = calls.map((call) => ({ call, ...unpackCallId(call.id) }));
  const restored = unpacked.flatMap(({ call, id, signature, reasoning }, index): (ToolCallPart | ReasoningPart)[] => [
    ...(index === 0 ? [] : reasoning),
    { ...call, id, ...(signature && { signature }) },
  ]);
  return { before: unpacked[0]?.reasoning ?? [], calls: restored };
}

type Flat = readonly [by: string, value: string, redacted: 0 | 1, id: string];

function flat(signature: Signature | undefined): Flat | null {
  return signature ? [signature.by, signature.value, signature.redacted ? 1 : 0, signature.id ?? ""] : null;
}

function unflat(value: unknown): Signature | undefined {
  if (!Array.isArray(value)) return undefined;
  const [by, text, redacted, id] = value as unknown[];
  if (typeof by !== "string" || typeof text !== "string") return undefined;
  return { by, value: text, ...(redacted === 1 && { redacted: true }), ...(asText(id) ? { id: String(id) } : {}) };
}

function encode(value: unknown): string {
  return toBase64url(utf8(JSON.stringify(value)));
}

function decode(text: string): unknown {
  const bytes = fromBase64url(text);
  return bytes && parse(new TextDecoder().decode(bytes));
}
