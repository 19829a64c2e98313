import type { DocumentFormat, ImageFormat } from "@aws-sdk/client-bedrock-runtime";
import { signatureFor } from "../carry.ts";
import type { AudioPart, Cacheable, FilePart, ImagePart, Part, ToolCallPart, ToolResultPart } from "../chat-request.ts";
import { FieldError, isObject, type Json, parse } from "../read.ts";
import { isClaude, isNova } from "./models.ts";

/** A content block; where the SDK has bytes, JSON has base64. */
export type Block = Json;

/**
 * A part as content blocks: none for what says nothing, or for thoughts that are not this provider's.
 *
 * @throws {FieldError} for what Converse has no place for.
 */
export function encodePart(part: Part, model: string): Block[] {
  switch (part.kind) {
    case "text":
      return [...textBlock(part.text), ...cachePoint(part, model)];
    case "refusal":
      return textBlock(part.text);
    case "image":
      return [{ image: encodeImage(part) }, ...cachePoint(part, model)];
    case "file":
      return [{ document: encodeFile(part) }, ...cachePoint(part, model)];
    case "audio":
      return [{ audio: encodeAudio(part) }];
    case "reasoning": {
      const signature = signatureFor(part, "bedrock");
      if (!signature) return [];
      const { value, redacted } = signature;
      return [
        {
          reasoningContent: redacted
            ? { redactedContent: value }
            : { reasoningText: { text: part.text, signature: value } },
        },
      ];
    }
    case "tool_call":
      return [
        { toolUse: { toolUseId: toolId(part.id), name: part.name, input: inputOf(part) } },
        ...cachePoint(part, model),
      ];
    case "tool_result":
      return [{ toolResult: encodeResult(part) }, ...cachePoint(part, model)];
  }
}

/** Blank texts are refused. */
export function textBlock(text: string): { readonly text: string }[] {
  return text.trim() === "" ? [] : [{ text }];
}

const TTLS = ["5m", "1h"] as const;
type CachePoint = { readonly cachePoint: { readonly type: "default"; readonly ttl?: (typeof TTLS)[number] } };

/**
 * A cache point stands after what it covers. Bedrock refuses them of models that it keeps nothing for, and a longer time than
 * the usual one of all but Claude.
 */
export function cachePoint(
  { cache }: { readonly cache?: Cacheable["cache"] | undefined },
  model: string,
): CachePoint[] {
  if (!cache || !(isClaude(model) || isNova(model))) return [];
  const ttl = isClaude(model) ? TTLS.find((time) => time === cache.ttl) : undefined;
  return [{ cachePoint: { type: "default", ...(ttl && { ttl }) } }];
}

function encodeResult({ callId, parts, isError, at }: ToolResultPart) {
  const content = parts.flatMap((part): Block[] => {
    if (part.kind === "text" || part.kind === "refusal") return textBlock(part.text);
    if (part.kind === "image") return [{ image: encodeImage(part) }];
    if (part.kind === "file") return [{ document: encodeFile(part) }];
    throw new FieldError(at, `\`${at}\` may hold text, images and documents only.`);
  });
  return { toolUseId: toolId(callId), content, ...(isError && { status: "error" as const }) };
}

const IMAGE_FORMATS: Readonly<Record<string, ImageFormat>> = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

function encodeImage({ source, at }: ImagePart) {
  const format = source.kind === "base64" ? IMAGE_FORMATS[source.mediaType] : undefined;
  if (source.kind === "base64" && format) return { format, source: { bytes: source.data } };
  throw new FieldError(
    at,
    `\`${at}\` must be a PNG, JPEG, GIF or WebP image in the request itself: Bedrock fetches none.`,
  );
}

const DOCUMENT_FORMATS: Readonly<Record<string, DocumentFormat>> = {
  "application/pdf": "pdf",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "text/csv": "csv",
  "text/html": "html",
  "text/markdown": "md",
  "text/plain": "txt",
};

function encodeFile({ source, name, at }: FilePart) {
  const title = nameOf(name);
  if (source.kind === "text") return { format: "txt" as const, name: title, source: { text: source.text } };
  const format = source.kind === "base64" ? DOCUMENT_FORMATS[source.mediaType] : undefined;
  if (source.kind === "base64" && format) return { format, name: title, source: { bytes: source.data } };
  throw new FieldError(at, `\`${at}\` must be a document in the request itself, such as a PDF: Bedrock fetches none.`);
}

/** Converse takes letters, digits, single spaces, hyphens, parentheses and brackets. */
function nameOf(name = "document"): string {
  return (
    name
      .replace(/\.\w+$/, "")
      .replace(/[^a-zA-Z0-9()[\] -]+/g, " ")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, 200) || "document"
  );
}

function encodeAudio({ source, at }: AudioPart) {
  const format =
    source.kind === "base64"
      ? /^audio\/(?:x-)?(wav|mpeg|mp3|flac|ogg|aac|webm|m4a)/.exec(source.mediaType)?.[1]
      : undefined;
  if (source.kind === "base64" && format)
    return { format: format === "mpeg" ? "mp3" : format, source: { bytes: source.data } };
  throw new FieldError(at, `\`${at}\` must be audio in the request itself, such as WAV or MP3.`);
}

/** The same id for a call and its result, in the letters and the length that Converse takes. */
function toolId(id: string): string {
  const plain = id.replace(/[^a-zA-Z0-9_-]/gu, (letter) => `_${letter.codePointAt(0)?.toString(16)}`) || "_";
  return plain.length <= 64 ? plain : `${plain.slice(0, 55)}_${hash(plain)}`;
}

/** FNV-1a, to keep long ids apart. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}

function inputOf({ id, arguments: text }: ToolCallPart): Record<string, unknown> {
  if (text.trim() === "") return {};
  const input = parse(text);
  if (isObject(input)) return input;
  throw new FieldError("messages", `The arguments of tool call ${JSON.stringify(id)} are not a JSON object.`);
}
