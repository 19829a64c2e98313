import type {
  CacheControlEphemeral,
  ContentBlockParam,
  DocumentBlockParam,
  ImageBlockParam,
  TextBlockParam,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages/messages";
import { fromBase64url } from "../../contract/bytes.ts";
import { signatureFor } from "../carry.ts";
import type { Cacheable, FilePart, ImagePart, Part, ToolCallPart, ToolResultPart } from "../chat-request.ts";
import { FieldError, isObject, parse } from "../read.ts";

const IMAGES = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const;

/**
 * A part as content blocks: none for what says nothing, or for thoughts that are not this provider's.
 *
 * @throws {FieldError} for what has no place in a message of that role.
 */
export function encodePart(part: Part, role: "user" | "assistant"): ContentBlockParam[] {
  switch (part.kind) {
    case "text":
    case "refusal":
      return encodeText(part);
    case "image":
    case "file":
    case "audio":
      if (role === "assistant") throw new FieldError(part.at, `\`${part.at}\` stands in a message of the assistant.`);
      return encodeMedia(part);
    case "reasoning": {
      const signature = signatureFor(part, "anthropic");
      if (!signature) return [];
      return signature.redacted
        ? [{ type: "redacted_thinking", data: signature.value }]
        : [{ type: "thinking", thinking: part.text, signature: signature.value }];
    }
    case "tool_call":
      return [{ type: "tool_use", id: toolId(part.id), name: part.name, input: inputOf(part), ...cacheControl(part) }];
    case "tool_result":
      return [encodeResult(part)];
  }
}

/** Blank texts are refused. */
export function encodeText(part: Extract<Part, { kind: "text" | "refusal" }>): TextBlockParam[] {
  const { text } = part;
  return text.trim() === "" ? [] : [{ type: "text", text, ...(part.kind === "text" && cacheControl(part)) }];
}

export function cacheControl({ cache }: { readonly cache?: Cacheable["cache"] | undefined }): {
  readonly cache_control?: CacheControlEphemeral;
} {
  if (!cache) return {};
  const { ttl } = cache;
  return { cache_control: { type: "ephemeral", ...((ttl === "5m" || ttl === "1h") && { ttl }) } };
}

function encodeResult({ callId, parts, isError, ...rest }: ToolResultPart): ToolResultBlockParam {
  const content = parts.flatMap((part): (TextBlockParam | ImageBlockParam | DocumentBlockParam)[] =>
    part.kind === "text" || part.kind === "refusal" ? encodeText(part) : encodeMedia(part, rest.at),
  );
  return {
    type: "tool_result",
    tool_use_id: toolId(callId),
    ...(content.length > 0 && { content }),
    ...(isError && { is_error: true }),
    ...cacheControl(rest),
  };
}

function encodeMedia(part: Part, at = "messages"): (TextBlockParam | ImageBlockParam | DocumentBlockParam)[] {
  switch (part.kind) {
    case "image":
      return [{ type: "image", source: imageSource(part), ...cacheControl(part) }];
    case "file":
      return [encodeFile(part)];
    case "audio":
      throw new FieldError(part.at, `Claude takes no audio; \`${part.at}\` holds some.`);
    default:
      throw new FieldError(at, `\`${at}\` may hold text, images and documents only.`);
  }
}

function imageSource({ source, at }: Pick<ImagePart, "source" | "at">): ImageBlockParam["source"] {
  if (source.kind === "url" && isWeb(source.url)) return { type: "url", url: source.url };
  // `image/jpg` is often written, and refused.
  const given = source.kind === "base64" ? source.mediaType.replace(/jpg$/, "jpeg") : undefined;
  const mediaType = IMAGES.find((type) => type === given);
  if (source.kind === "base64" && mediaType) return { type: "base64", media_type: mediaType, data: source.data };
  throw new FieldError(at, `\`${at}\` must be a JPEG, PNG, GIF or WebP image, as base64 or under a web address.`);
}

function encodeFile(part: FilePart): DocumentBlockParam | ImageBlockParam {
  const { source, name, at } = part;
  const rest = { ...(name && { title: name }), ...cacheControl(part) };
  if (source.kind === "text") return textDocument(source.text, rest);
  if (source.kind !== "uploaded" && source.mediaType?.startsWith("image/"))
    return { type: "image", source: imageSource({ source, at }), ...cacheControl(part) };
  if (source.kind === "url" && isWeb(source.url))
    return { type: "document", source: { type: "url", url: source.url }, ...rest };
  if (source.kind === "base64") {
    const { mediaType, data } = source;
    if (mediaType === "application/pdf")
      return { type: "document", source: { type: "base64", media_type: mediaType, data }, ...rest };
    const text = /^text\/|^application\/json$/.test(mediaType) ? textOfBase64(data) : undefined;
    if (text !== undefined) return textDocument(text, rest);
  }
  throw new FieldError(at, `\`${at}\` must be a PDF or a text, in the request itself or under a web address.`);
}

function textDocument(data: string, rest: Partial<DocumentBlockParam>): DocumentBlockParam {
  return { ...rest, type: "document", source: { type: "text", media_type: "text/plain", data } };
}

function textOfBase64(data: string): string | undefined {
  const bytes = fromBase64url(data.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"));
  return bytes && new TextDecoder().decode(bytes);
}

function isWeb(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** The same id for a call and its result, in the letters that Anthropic takes. */
function toolId(id: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(id)
    ? id
    : id.replace(/[^a-zA-Z0-9-]/gu, (letter) => `_${letter.codePointAt(0)?.toString(16)}_`) || "_";
}

function inputOf({ id, arguments: text }: ToolCallPart): Record<string, unknown> {
  if (text.trim() === "") return {};
  const input = parse(text);
  if (!isObject(input))
    throw new FieldError("messages", `The arguments of tool call ${JSON.stringify(id)} are not a JSON object.`);
  return input;
}
