import type {
  ChatCompletionContentPart,
  ChatCompletionContentPartImage,
  ChatCompletionContentPartText,
} from "openai/resources/chat/completions";
import type { AudioPart, Cacheable, FilePart, ImagePart, Part } from "../chat-request.ts";
import { FieldError } from "../read.ts";
import type { Ways } from "../wire-format.ts";
import { documentPart } from "./document.ts";
import type { ModelKind } from "./model-kind.ts";

/** A part of a user's message; nothing for what is not the user's. @throws {FieldError} for what has no place there. */
export function encodePart(part: Part, kind: ModelKind, ways: Ways): ChatCompletionContentPart[] {
  switch (part.kind) {
    case "text":
    case "refusal":
      return [encodeText(part, kind)];
    case "image":
      return [{ type: "image_url", image_url: imageURL(part), ...mark(part, kind) }];
    case "audio":
      return [encodeAudio(part)];
    case "file":
      return [encodeFile(part, kind, ways)];
    default:
      return [];
  }
}

/** @throws {FieldError} for images, files and recordings, which only a user's message can hold. */
export function encodeText(part: Part, kind: ModelKind): ChatCompletionContentPartText {
  if (part.kind === "text") return { type: "text", text: part.text, ...mark(part, kind) };
  if (part.kind === "refusal") return { type: "text", text: part.text };
  if ("at" in part) throw new FieldError(part.at, `\`${part.at}\`: this model takes only text here.`);
  return { type: "text", text: "" };
}

type ImageURL = ChatCompletionContentPartImage["image_url"];

function imageURL({ source, detail, at }: ImagePart): ImageURL {
  const level: Pick<ImageURL, "detail"> = DETAILS.includes(detail) ? { detail: detail as "auto" } : {};
  switch (source.kind) {
    case "base64":
      return { url: `data:${source.mediaType};base64,${source.data}`, ...level };
    case "url":
      return { url: source.url, ...level };
    default:
      throw new FieldError(at, `\`${at}\`: this model takes images as data or by URL only.`);
  }
}

const DETAILS: readonly unknown[] = ["auto", "low", "high", "original"];

function encodeAudio({ source, at }: AudioPart): ChatCompletionContentPart {
  const format = source.kind === "base64" ? FORMATS[source.mediaType.split(";", 1)[0] ?? ""] : undefined;
  if (source.kind !== "base64" || format === undefined) {
    throw new FieldError(at, `\`${at}\`: this model takes recordings as WAV or MP3 data only.`);
  }
  return { type: "input_audio", input_audio: { data: source.data, format } };
}

const FORMATS: Readonly<Record<string, "wav" | "mp3">> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/wave": "wav",
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
};

function encodeFile(part: FilePart, kind: ModelKind, { files }: Ways): ChatCompletionContentPart {
  const { source, name, at } = part;
  switch (source.kind) {
    case "text":
      return { type: "text", text: titled(source.text, name), ...mark(part, kind) };
    case "uploaded":
      return { type: "file", file: { file_id: source.id }, ...mark(part, kind) };
    case "url":
      if (files) return documentPart(source.url, name, files);
      throw new FieldError(at, `\`${at}\`: this model takes files as data only, not by URL.`);
    case "base64": {
      if (source.mediaType.startsWith("text/")) {
        return { type: "text", text: titled(decodeText(source.data, at), name), ...mark(part, kind) };
      }
      const file_data = `data:${source.mediaType};base64,${source.data}`;
      if (files) return documentPart(file_data, name, files);
      const filename = name ?? `file.${source.mediaType.split("/")[1] ?? "pdf"}`;
      return { type: "file", file: { filename, file_data }, ...mark(part, kind) };
    }
  }
}

function titled(text: string, name: string | undefined): string {
  return name === undefined ? text : `${name}\n\n${text}`;
}

function decodeText(base64: string, at: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
  } catch {
    throw new FieldError(at, `\`${at}\`: the file's data is not base64.`);
  }
}

/** Where to keep the prompt up to, in the words of the model's API. How long is said in Anthropic's words only. */
function mark({ cache }: Cacheable, { cacheMark }: ModelKind): object {
  if (!cache || !cacheMark) return {};
  return cacheMark === "cache_control"
    ? { cache_control: { type: "ephemeral", ...cache } }
    : { prompt_cache_breakpoint: { mode: "explicit" } };
}
