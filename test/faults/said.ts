import type { Listener } from "../wire/support/listeners.ts";

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value deep inside, where each step may be missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** What an event of a stream adds to the text. */
export function deltaIn(event: unknown, listener: Listener): string {
  switch (listener) {
    case "chat":
      return textOf(at(event, "choices", 0, "delta", "content"));
    case "completions":
      return textOf(at(event, "choices", 0, "text"));
    case "responses":
      return at(event, "type") === "response.output_text.delta" ? textOf(at(event, "delta")) : "";
    case "anthropic":
      return textOf(at(event, "delta", "text"));
    default:
      return partsText(event);
  }
}

function partsText(body: unknown): string {
  const parts = at(body, "candidates", 0, "content", "parts");
  return Array.isArray(parts) ? parts.map((part) => textOf(at(part, "text"))).join("") : "";
}

/** The text of a whole answer that says that it is one. */
export function wholeText(body: unknown, listener: Listener): string | undefined {
  const choice = at(body, "choices", 0);
  switch (listener) {
    case "chat":
      return at(choice, "finish_reason") ? textOf(at(choice, "message", "content")) : undefined;
    case "completions":
      return at(choice, "finish_reason") ? textOf(at(choice, "text")) : undefined;
    case "responses":
      return at(body, "status") === "completed" ? textOf(at(body, "output", 0, "content", 0, "text")) : undefined;
    case "anthropic":
      return at(body, "stop_reason") ? textOf(at(body, "content", 0, "text")) : undefined;
    default:
      return at(body, "candidates", 0, "finishReason") ? partsText(body) : undefined;
  }
}
