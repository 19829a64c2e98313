import type { Ways } from "../wire-format.ts";

const MAX_LENGTH = 40;
const NINE = /^[a-zA-Z0-9]{9}$/;

/**
 * A tool call's id as the provider takes it: at most 40 characters (OpenAI's limit), or nine letters or digits (Mistral's
 * rule). The same id always becomes the same, so that a call and its result agree in every request.
 */
export function wireCallId(id: string, { toolCallIds }: Ways): string {
  if (toolCallIds === "nine") return NINE.test(id) ? id : digest(id).slice(-9);
  return id.length > MAX_LENGTH ? `call_${digest(id)}` : id;
}

/** An id for a call that its provider gave none, from what is the same for all pieces of the call. */
export function madeCallId(answer: string | undefined, choice: number, call: number): string {
  return `call_${digest(`${answer ?? ""} ${choice} ${call}`)}`;
}

/** 64-bit FNV-1a in thirteen digits of base 36: to tell ids apart, not to hide them. */
function digest(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  }
  return hash.toString(36).padStart(13, "0");
}
