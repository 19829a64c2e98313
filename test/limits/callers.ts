import type { Orders } from "../support/stand-in/orders.ts";
import { orderInText } from "../support/stand-in/orders.ts";

/** A conversation as the clients of one API send it, for any model. Orders stand in its text, so that they survive a translation. */
export interface CallerSchema {
  readonly name: "Chat" | "Responses" | "Messages" | "Gemini" | "Gemini's array";
  path(model: string, stream: boolean): string;
  body(asked: Conversation): Record<string, unknown>;
  /** The most tokens that a body states. */
  maximum(fields: Readonly<Record<string, unknown>>): unknown;
  /** `code` of an error's body or event. */
  code(error: unknown): unknown;
}

export interface Conversation {
  readonly model: string;
  readonly stream?: boolean;
  readonly orders?: Orders;
  readonly max?: number;
}

type Loose = Readonly<Record<string, never>> | undefined;
const member = (value: unknown, ...names: readonly (string | number)[]): unknown =>
  names.reduce<unknown>((inner, name) => (inner as Loose)?.[name], value);
const textOf = (orders: Orders = {}): string => `Say something. ${orderInText(orders)}`;

const CHAT: CallerSchema = {
  name: "Chat",
  path: () => "chat/completions",
  body: ({ model, stream, orders, max }) => ({
    model,
    messages: [{ role: "user", content: textOf(orders) }],
    ...(stream && { stream }),
    ...(max !== undefined && { max_tokens: max }),
  }),
  maximum: (fields) => fields.max_tokens ?? fields.max_completion_tokens,
  code: (error) => member(error, "error", "code"),
};

const RESPONSES: CallerSchema = {
  name: "Responses",
  path: () => "responses",
  body: ({ model, stream, orders, max }) => ({
    model,
    input: textOf(orders),
    store: false,
    ...(stream && { stream }),
    ...(max !== undefined && { max_output_tokens: max }),
  }),
  maximum: (fields) => fields.max_output_tokens,
  code: (error) => member(error, "error", "code") ?? member(error, "code"),
};

/** Its maximum is no choice of the caller's. */
const MESSAGES_MAX = 60;
const MESSAGES: CallerSchema = {
  name: "Messages",
  path: () => "anthropic/v1/messages",
  body: ({ model, stream, orders, max = MESSAGES_MAX }) => ({
    model,
    messages: [{ role: "user", content: textOf(orders) }],
    max_tokens: max,
    ...(stream && { stream }),
  }),
  maximum: (fields) => fields.max_tokens,
  code: (error) => member(error, "error", "code"),
};

const GEMINI: CallerSchema = {
  name: "Gemini",
  path: (model, stream) =>
    `google/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  body: ({ orders, max }) => ({
    contents: [{ role: "user", parts: [{ text: textOf(orders) }] }],
    ...(max !== undefined && { generationConfig: { maxOutputTokens: max } }),
  }),
  maximum: (fields) => member(fields, "generationConfig", "maxOutputTokens"),
  code: (error) => member(error, "error", "details", 0, "metadata", "code"),
};

/** Without `?alt=sse` its stream is one JSON array. */
export const GEMINI_ARRAY: CallerSchema = {
  ...GEMINI,
  name: "Gemini's array",
  path: (model, stream) => `google/v1beta/models/${model}:${stream ? "streamGenerateContent" : "generateContent"}`,
};

export const CALLER_SCHEMAS: readonly CallerSchema[] = [CHAT, RESPONSES, MESSAGES, GEMINI];

/** A model of each provider, and how its requests state their maximum. */
export const MODELS = [
  { model: "gpt-4o", maximum: CHAT.maximum },
  { model: "claude-sonnet-4-5", maximum: MESSAGES.maximum },
  { model: "gemini-2.0-flash", maximum: GEMINI.maximum },
  {
    model: "amazon.nova-lite-v1:0",
    maximum: (fields: Readonly<Record<string, unknown>>) => member(fields, "inferenceConfig", "maxTokens"),
  },
] as const;

/** A maximum in whatever schema a body is. */
export function statedMaximum(fields: Readonly<Record<string, unknown>>): unknown {
  return [...CALLER_SCHEMAS, ...MODELS].map(({ maximum }) => maximum(fields)).find((value) => value !== undefined);
}

/** The data of the events of a stream, or the elements of an array. */
export function eventsIn(text: string): unknown[] {
  if (text.startsWith("[")) return JSON.parse(text) as unknown[];
  const data = text.split(/\n/).flatMap((line) => (line.startsWith("data: ") ? [line.slice("data: ".length)] : []));
  return data.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line) as unknown);
}
