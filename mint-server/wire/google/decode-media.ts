import type { Part, Source } from "../chat-request.ts";
import { FieldError, needText } from "../read.ts";
import { typeOfURL } from "./encode-media.ts";
import { readFields } from "./fields.ts";

/** Bytes in the body. @throws {FieldError} */
export function decodeBlob(value: unknown, at: string, detail?: string): Part {
  const fields = readFields(value, at, ["mimeType", "data", "displayName"]);
  const mediaType = needText(fields.get("mimeType"), fields.at("mimeType")).toLowerCase();
  const source: Source = { kind: "base64", mediaType, data: needText(fields.get("data"), fields.at("data")) };
  return mediaPart({ source, mediaType, name: fields.text("displayName"), detail, at });
}

/** Bytes elsewhere. @throws {FieldError} for what only Google can read. */
export function decodeFile(value: unknown, at: string, detail?: string): Part {
  const fields = readFields(value, at, ["mimeType", "fileUri", "displayName"]);
  const url = needText(fields.get("fileUri"), fields.at("fileUri"));
  if (!/^(https?|data):/.test(url) || /\/v1\w*\/files\//.test(url)) {
    const path = fields.at("fileUri");
    throw new FieldError(path, `\`${path}\` names a file at Google, which this model's provider cannot read.`);
  }
  const mediaType = (fields.text("mimeType") ?? typeOfURL(url))?.toLowerCase();
  const source: Source = { kind: "url", url, ...(mediaType && { mediaType }) };
  return mediaPart({ source, mediaType, name: fields.text("displayName"), detail, at });
}

interface Media {
  readonly source: Source;
  readonly mediaType: string | undefined;
  readonly name: string | undefined;
  readonly detail: string | undefined;
  readonly at: string;
}

function mediaPart({ source, mediaType = "", name, detail, at }: Media): Part {
  switch (mediaType.slice(0, mediaType.indexOf("/"))) {
    case "image":
      return { kind: "image", source, ...(detail && { detail }), at };
    case "audio":
      return { kind: "audio", source, at };
    case "video":
      throw new FieldError(at, `\`${at}\` is a video, which this model's provider does not take.`);
    default:
      return { kind: "file", source, ...(name && { name }), at };
  }
}

/** OpenAI's name of a media resolution. @throws {FieldError} */
export function decodeResolution(value: string | undefined): string | undefined {
  return { MEDIA_RESOLUTION_LOW: "low", MEDIA_RESOLUTION_HIGH: "high", MEDIA_RESOLUTION_ULTRA_HIGH: "high" }[
    value ?? ""
  ];
}
