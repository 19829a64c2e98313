import type { AudioPart, FilePart, ImagePart } from "../chat-request.ts";
import { FieldError, parseDataURL } from "../read.ts";
import type { GeminiPart } from "./wire-types.ts";

export type MediaPart = ImagePart | FilePart | AudioPart;

const TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  pdf: "application/pdf",
  txt: "text/plain",
  html: "text/html",
  csv: "text/csv",
  json: "application/json",
  mp3: "audio/mp3",
  wav: "audio/wav",
};

/** A URL's type where the caller gave none; the API wants one. */
const DEFAULT_TYPES = { image: "image/jpeg", file: "application/pdf", audio: "audio/mp3" };

/** The type that a URL's path ends in, if any. */
export function typeOfURL(url: string): string | undefined {
  const extension = /\.(\w+)(?:[?#].*)?$/.exec(url)?.[1];
  return extension && TYPES[extension.toLowerCase()];
}

/** @throws {FieldError} for a file that is at another provider. */
export function encodeMedia(part: MediaPart): GeminiPart {
  const { source, kind, at } = part;
  switch (source.kind) {
    case "base64":
      return encodeBytes(source, at);
    case "text":
      return { text: source.text };
    case "url": {
      const inline = parseDataURL(source.url);
      if (inline) return encodeBytes(inline, at);
      const mimeType = source.mediaType ?? typeOfURL(source.url) ?? DEFAULT_TYPES[kind];
      return { fileData: { fileUri: source.url, mimeType } };
    }
    case "uploaded": {
      if (/^(https|gs):\/\//.test(source.id)) return { fileData: { fileUri: source.id } };
      throw new FieldError(at, `\`${at}\` names a file that is not at Google. Send its contents instead.`);
    }
  }
}

/** Text goes as text: of all its types the API knows only some as files. */
function encodeBytes(
  { mediaType, data }: { readonly mediaType: string; readonly data: string },
  at: string,
): GeminiPart {
  if (!/^text\/|^application\/json/.test(mediaType)) return { inlineData: { mimeType: mediaType, data } };
  try {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    return { text: new TextDecoder().decode(bytes) };
  } catch {
    throw new FieldError(at, `\`${at}\` does not hold valid base64.`);
  }
}
