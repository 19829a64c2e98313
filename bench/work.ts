/**
 * What the provider is asked to answer. The order stands in the request's text, so that it reaches the provider through
 * anything that hands the body on, translated or not.
 *
 * - `json`: a chat completion, `size` bytes more of content than usual;
 * - `burst`: `size` events at once; `paced`: `size` events, one every `everyMs`;
 * - `flood`: `size` megabytes of events, as fast as they are taken.
 */
export interface Order {
  readonly kind: "json" | "burst" | "paced" | "flood";
  readonly size: number;
  readonly everyMs?: number;
}

/** As a header's value: something else in each request. */
export const UNIQUE = "{unique}";

export const MODEL = "gpt-4o-mini";

/** A chat request of about a kilobyte that carries an order; another question for each number. */
export function chatBody(order: Order, question = 0): string {
  const earlier = "Tell me in a few words why a mint keeps its dies under lock and key. ".repeat(6);
  return JSON.stringify({
    model: MODEL,
    messages: [
      { role: "system", content: "You are a helpful assistant who answers briefly." },
      { role: "user", content: earlier },
      { role: "assistant", content: "Because whoever holds the die can strike the coin." },
      { role: "user", content: `order:${order.kind}:${order.size}:${order.everyMs ?? 0};` },
    ],
    max_tokens: 4096,
    ...(question > 0 && { seed: question }),
    ...(order.kind === "json" ? {} : { stream: true }),
  });
}

/** Reads the order out of a request's body; one without an order gets a plain completion. */
export function readOrder(body: string): Order {
  const match = /order:(json|burst|paced|flood):(\d+):(\d+);/.exec(body);
  if (!match) return { kind: "json", size: 0 };
  return { kind: match[1] as Order["kind"], size: Number(match[2]), everyMs: Number(match[3]) };
}
