import type { SchemaId } from "../contract/endpoints.ts";
import type { ModelRequest } from "../model-request.ts";
import { asObject, asObjects, asText, type Json } from "../wire/read.ts";

/**
 * What of a request is no text. `document`: as many tokens as its pages have, which no count of bytes tells. `other`: may
 * hold anything, such as a film or something that only the provider has.
 */
export interface Media {
  readonly kind: "image" | "audio" | "document" | "other";
  /** Length of the base64 or the data URL that stands in the body for it. */
  readonly inlineLength: number;
  /** How closely an image is looked at, in OpenAI's words. */
  readonly detail?: string | undefined;
}

/** Everything in a request that is no text, where its schema has a place for it; elsewhere all is text. */
export function mediaOf({ endpoint, body }: Pick<ModelRequest, "endpoint" | "body">): readonly Media[] {
  return FINDERS[endpoint.schema]?.(body) ?? [];
}

const FINDERS: Readonly<Partial<Record<SchemaId, (body: Json) => readonly Media[]>>> = {
  chat: inChat,
  responses: inResponses,
  anthropic: ({ messages, thread }) => [
    ...(isPresent(thread) ? [UNSEEN] : []),
    ...asObjects(messages).flatMap(({ content }) => asObjects(content).flatMap(inAnthropicBlock)),
  ],
  google: inGoogle,
  "google-embeddings": ({ content, requests }) =>
    [content, ...asObjects([requests].flat()).map((request) => request.content)].flatMap(inGoogleContent),
};

const OTHER: Media = { kind: "other", inlineLength: 0 };
const UNSEEN: Media = { kind: "document", inlineLength: 0 };
const AUDIO: Media = { kind: "audio", inlineLength: 0 };

/** Parts whose whole content is text that stands in them. */
const TEXTS: ReadonlySet<unknown> = new Set(
  "text refusal thinking redacted_thinking reasoning input_text output_text summary_text reasoning_text".split(" "),
);

function inChat({ messages }: Json): readonly Media[] {
  return asObjects(messages).flatMap(({ content, audio }) => [
    // A recording that the model made, by its id.
    ...(asObject(audio) ? [OTHER] : []),
    ...asObjects(content).flatMap(inOpenAIPart),
  ]);
}

function inOpenAIPart(part: Json): readonly Media[] {
  const { type } = part;
  if (TEXTS.has(type)) return [];
  switch (type) {
    case "image_url": {
      const image = asObject(part.image_url);
      return [imageAt(image?.url ?? part.image_url, image?.detail)];
    }
    case "input_image":
    case "computer_screenshot":
      return [imageAt(part.image_url, part.detail)];
    case "input_audio":
      return [AUDIO];
    case "file":
    case "input_file":
      return inFile(asObject(part.file) ?? part);
    default:
      return [OTHER];
  }
}

function imageAt(url: unknown, detail?: unknown): Media {
  const text = asText(url) ?? "";
  return { kind: "image", inlineLength: text.startsWith("data:") ? text.length : 0, detail: asText(detail) };
}

function inFile({ file_data: data }: Json): readonly Media[] {
  return asText(data)?.startsWith("data:text/") ? [] : [UNSEEN];
}

/** What stands before the request's own input, at the provider. */
const EARLIER = ["previous_response_id", "conversation"];

function inResponses(body: Json): readonly Media[] {
  return [
    ...(EARLIER.some((field) => isPresent(body[field])) ? [UNSEEN] : []),
    // A template at the provider may bring tools of its own.
    ...(isPresent(body.prompt) ? [OTHER] : []),
    ...asObjects(body.input).flatMap(inResponsesItem),
  ];
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function inResponsesItem(item: Json): readonly Media[] {
  if (item.type === "item_reference") return [UNSEEN];
  if (item.type === "image_generation_call") {
    return [{ kind: "image", inlineLength: asText(item.result)?.length ?? 0 }];
  }
  // What came out is one part or a list of them.
  return [item.content, item.output, [item.output]].flatMap((parts) => asObjects(parts).flatMap(inOpenAIPart));
}

function inAnthropicBlock(block: Json): readonly Media[] {
  const source = asObject(block.source);
  switch (block.type) {
    case "image":
      return [{ kind: "image", inlineLength: asText(source?.data)?.length ?? 0 }];
    case "document":
      if (source?.type === "text") return [];
      if (source?.type === "content") return asObjects(source.content).flatMap(inAnthropicBlock);
      return [UNSEEN];
    case "container_upload":
      return [OTHER];
    default:
      // What was fetched is one block, and no list of them.
      return asObjects([block.content].flat()).flatMap(inAnthropicBlock);
  }
}

function inGoogle(body: Json): readonly Media[] {
  const cached = body.cachedContent ?? body.cached_content;
  const contents = [body.contents, body.systemInstruction, body.system_instruction].flat();
  return [...(cached ? [OTHER] : []), ...contents.flatMap(inGoogleContent)];
}

/** One object stands for a list of one. */
function inGoogleContent(content: unknown): readonly Media[] {
  return asObjects([asObject(content)?.parts].flat()).flatMap(inGooglePart);
}

function inGooglePart(part: Json): readonly Media[] {
  const blob = asObject(part.inlineData ?? part.inline_data);
  const file = asObject(part.fileData ?? part.file_data);
  const answer = asObject(part.functionResponse ?? part.function_response);
  return [
    ...(blob ? inBlob(blob) : []),
    ...(file ? [isDocument(file) ? UNSEEN : OTHER] : []),
    ...asObjects(answer?.parts).flatMap(inGooglePart),
  ];
}

function inBlob(blob: Json): readonly Media[] {
  const type = mimeTypeOf(blob);
  if (type.startsWith("text/")) return [];
  if (type.startsWith("image/")) return [{ kind: "image", inlineLength: asText(blob.data)?.length ?? 0 }];
  if (type.startsWith("audio/")) return [AUDIO];
  return [isDocument(blob) ? UNSEEN : OTHER];
}

function isDocument(data: Json): boolean {
  return /^(application\/pdf|text\/|image\/)/.test(mimeTypeOf(data));
}

function mimeTypeOf(data: Json): string {
  return asText(data.mimeType ?? data.mime_type)?.toLowerCase() ?? "";
}
