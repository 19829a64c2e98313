import { orderInText } from "../support/stand-in/orders.ts";
import { order } from "../support/stand-in.ts";
import type { Listener } from "../wire/support/listeners.ts";
import { type Fault, PIECES } from "./faults.ts";

/** A caller's schema and the provider that answers it. */
export interface Lane {
  readonly name: string;
  /** How its caller reads. */
  readonly listener: Listener;
  readonly provider: "openai" | "anthropic" | "google" | "bedrock";
  /** Beginning of the model's name. */
  readonly model: string;
}

const GPT = { provider: "openai", model: "gpt-4o" } as const;
const CLAUDE = { provider: "anthropic", model: "claude-sonnet-4-5" } as const;
const GEMINI = { provider: "google", model: "gemini-2.5-flash" } as const;
const NOVA = { provider: "bedrock", model: "amazon.nova-pro" } as const;

/** Each wire format of a provider's, as it passes and as it is translated. */
export const LANES: readonly Lane[] = [
  { name: "chat", listener: "chat", ...GPT },
  { name: "completions", listener: "completions", ...GPT },
  { name: "responses", listener: "responses", ...GPT },
  { name: "anthropic", listener: "anthropic", ...CLAUDE },
  { name: "google", listener: "google", ...GEMINI },
  { name: "google's array", listener: "google's array", ...GEMINI },
  { name: "chat from anthropic", listener: "chat", ...CLAUDE },
  { name: "responses from google", listener: "responses", ...GEMINI },
  { name: "chat from bedrock", listener: "chat", ...NOVA },
  { name: "anthropic from bedrock", listener: "anthropic", ...NOVA },
  { name: "google from chat", listener: "google", ...GPT },
];

/** Ways in: straight, under an `Idempotency-Key`, by way of the cache, and on a limited credential, whose use is counted. */
export const WAYS = ["direct", "idempotent", "cacheable", "limited"] as const;
export type Way = (typeof WAYS)[number];

export interface Case {
  readonly lane: Lane;
  readonly fault: Fault;
  readonly way: Way;
  readonly stream: boolean;
}

export function nameOf({ lane, fault, way, stream }: Case): string {
  return `${lane.name}, ${way}, ${stream ? "stream" : "whole"}: ${fault.name}`;
}

/** Every case of the table that has a meaning. */
export function casesOf(faults: readonly Fault[]): readonly Case[] {
  return LANES.flatMap((lane) =>
    WAYS.flatMap((way) =>
      [true, false].flatMap((stream) =>
        faults
          .filter(({ only = stream ? "stream" : "whole" }) => (only === "stream") === stream)
          .filter(() => stream || lane.listener !== "google's array")
          .map((fault) => ({ lane, fault, way, stream })),
      ),
    ),
  );
}

/** A model of its own for each fault, so that none learns from the health of another's. */
export function modelOf({ lane, fault }: Pick<Case, "lane" | "fault">, faults: readonly Fault[]): string {
  return `${lane.model}-${faults.indexOf(fault)}`;
}

interface Asking {
  readonly model: string;
  /** Occurs in no other request. */
  readonly mark: string;
}

/** What a caller sends: path below the API, and body. */
export function requestOf({ lane, fault, way, stream }: Case, { model, mark }: Asking) {
  const orders = { events: PIECES, ...fault.orders };
  const content = `${mark} ${orderInText(orders)}`;
  const settings = way === "cacheable" ? { temperature: 0 } : {};
  const streaming = stream ? { stream } : {};
  switch (lane.listener) {
    case "chat":
      return asked("chat/completions", { model, messages: [{ role: "user", content }], ...settings, ...streaming });
    case "completions":
      return asked("completions", { model, prompt: mark, ...order(orders), ...settings, ...streaming });
    case "responses":
      return asked("responses", { model, input: content, ...settings, ...streaming });
    case "anthropic":
      return asked("anthropic/v1/messages", {
        model,
        max_tokens: 100,
        messages: [{ role: "user", content }],
        ...settings,
        ...streaming,
      });
    default: {
      const method = stream ? "streamGenerateContent" : "generateContent";
      const query = stream && lane.listener === "google" ? "?alt=sse" : "";
      return asked(`google/v1beta/models/${model}:${method}${query}`, {
        contents: [{ role: "user", parts: [{ text: content }] }],
        ...(way === "cacheable" && { generationConfig: settings }),
      });
    }
  }
}

const asked = (path: string, body: object) => ({ path, body });
