import { idFrom } from "../ids.ts";
import type { OrderedCall } from "../orders.ts";
import type { Reply } from "../reply.ts";
import { seal } from "../seal.ts";
import type { Asked } from "../turn.ts";
import type { WirePart } from "./wire.ts";

/** Gemini 3 and later sign their calls, insist on the signature, and give calls identifiers. */
export function signsCalls({ model }: Pick<Asked, "model">): boolean {
  return /^gemini-(?:[3-9]|\d\d|flash-latest|pro-latest)/.test(model);
}

/** What a call's signature is bound to: its name and arguments, in any order. */
export function callText(name: unknown, args: unknown): string {
  return JSON.stringify([name, sorted(args ?? {})]);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

/** Parts of a whole answer. */
export function partsIn(asked: Asked, reply: Reply): WirePart[] {
  const text = reply.pieces.join("");
  return [
    ...(reply.reasoning === undefined || reply.redacted ? [] : [{ text: reply.reasoning, thought: true }]),
    ...(text === "" ? [] : [{ text, ...signatureOfText(reply) }]),
    ...callParts(asked, reply),
    ...unknownParts(reply),
  ];
}

/** Parts of a streamed answer. The signature of a text comes after it, with no text of its own. */
export function streamedParts(asked: Asked, reply: Reply): WirePart[] {
  const thoughts = reply.reasoning === undefined || reply.redacted ? [] : reply.reasoning.split(/(?<= )/);
  const signature = signatureOfText(reply);
  return [
    ...thoughts.map((text) => ({ text, thought: true })),
    ...reply.pieces.map((text) => ({ text })),
    ...("thoughtSignature" in signature ? [{ text: "", ...signature }] : []),
    ...callParts(asked, reply),
    ...unknownParts(reply),
  ];
}

function signatureOfText({ reasoning, calls, pieces }: Reply): Pick<WirePart, "thoughtSignature"> {
  if (reasoning === undefined || calls.length > 0 || pieces.length === 0) return {};
  return { thoughtSignature: seal("google", reasoning) };
}

/** Of several calls at once only the first is signed. */
function callParts(asked: Asked, reply: Reply): WirePart[] {
  const signed = signsCalls(asked) || reply.reasoning !== undefined;
  const id = (at: number) => (signsCalls(asked) ? { id: idFrom(`${reply.seed} ${at}`, 8) } : {});
  const part = (call: OrderedCall, at: number): WirePart => ({
    functionCall: { ...id(at), name: call.name, args: { ...call.arguments } },
    ...(signed && at === 0 && { thoughtSignature: seal("google call", callText(call.name, call.arguments)) }),
  });
  return reply.calls.map(part);
}

const unknownParts = ({ orders }: Reply): WirePart[] =>
  orders.unknownEvents ? [{ futurePart: { of: "what" } } as WirePart] : [];
