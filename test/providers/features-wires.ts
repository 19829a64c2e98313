import type { SpokenWire } from "../../mint-server/wire/formats.ts";
import type { RecordedRequest } from "../support/stand-in/log.ts";
import { isObject } from "../support/stand-in/orders.ts";

// What a provider should get, in its own form: of what the stand-in takes without looking at it.

type Fields = Readonly<Record<string, unknown>>;
type ByWire<T> = Readonly<Record<SpokenWire, T>>;

/** Where a format has its system text. */
export const systemIn: ByWire<(fields: Fields) => unknown> = {
  openai: ({ messages }) => (messages as readonly unknown[])[0],
  responses: ({ instructions, input }) => instructions ?? (input as readonly unknown[])[0],
  anthropic: ({ system }) => system,
  google: ({ systemInstruction }) => systemInstruction,
  bedrock: ({ system }) => system,
};

/** Where a format says how much to think. */
export const effortIn: ByWire<(fields: Fields) => unknown> = {
  openai: ({ reasoning_effort }) => reasoning_effort,
  responses: ({ reasoning }) => member(reasoning, "effort"),
  anthropic: ({ thinking }) => member(thinking, "budget_tokens"),
  google: ({ generationConfig }) => member(member(generationConfig, "thinkingConfig"), "thinkingBudget"),
  bedrock: ({ additionalModelRequestFields }) =>
    member(member(additionalModelRequestFields, "thinking"), "budget_tokens"),
};

export const IMAGES: ByWire<(png: string) => Fields> = {
  openai: (png) => ({ type: "image_url", image_url: { url: `data:image/png;base64,${png}` } }),
  responses: (png) => ({ type: "input_image", image_url: `data:image/png;base64,${png}` }),
  anthropic: (png) => ({ type: "image", source: { type: "base64", media_type: "image/png", data: png } }),
  google: (png) => ({ inlineData: { mimeType: "image/png", data: png } }),
  bedrock: (png) => ({ image: { format: "png", source: { bytes: png } } }),
};

/** By wire format, or by a provider's own way where it has one. */
export const FILES: Readonly<Record<SpokenWire | "document_url" | "file_url", (pdf: string) => Fields>> = {
  openai: (pdf) => ({ type: "file", file: { file_data: `data:application/pdf;base64,${pdf}` } }),
  document_url: (pdf) => ({ type: "document_url", document_url: `data:application/pdf;base64,${pdf}` }),
  file_url: (pdf) => ({ type: "file_url", file_url: { url: pdf } }),
  responses: (pdf) => ({ type: "input_file", file_data: `data:application/pdf;base64,${pdf}` }),
  anthropic: (pdf) => ({ type: "document", source: { type: "base64", media_type: "application/pdf", data: pdf } }),
  google: (pdf) => ({ inlineData: { mimeType: "application/pdf", data: pdf } }),
  bedrock: (pdf) => ({ document: { format: "pdf", source: { bytes: pdf } } }),
};

/** Whether a request asks for a stream, by its path or its body. */
export function streamsIn(request: RecordedRequest | undefined): boolean {
  return request?.fields.stream === true || /stream/i.test(request?.path ?? "");
}

/** Whether there is something in a body that has all of these members. */
export function holds(value: unknown, wanted: Fields): boolean {
  if (isObject(value) && hasAll(value, wanted)) return true;
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return inner.some((one) => holds(one, wanted));
}

function hasAll(value: unknown, wanted: unknown): boolean {
  if (!isObject(wanted)) return value === wanted;
  return isObject(value) && Object.entries(wanted).every(([name, one]) => hasAll(value[name], one));
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
