import type { ResponseInputContent } from "openai/resources/responses/responses";
import type { FilePart, ImagePart, Part } from "../chat-request.ts";
import { wrong } from "./wrong.ts";

/**
 * Parts of a message, or of a tool's output.
 *
 * @param marks whether the model takes marks of how far to keep the prompt.
 * @throws {FieldError} for what the API has no place for.
 */
export function encodeContent(parts: readonly Part[], marks: boolean): ResponseInputContent[] {
  return parts.flatMap((part) => {
    const content = encodePart(part);
    const isMarked = marks && "cache" in part && part.cache !== undefined;
    return content ? [{ ...content, ...(isMarked && { prompt_cache_breakpoint: { mode: "explicit" } as const }) }] : [];
  });
}

function encodePart(part: Part): ResponseInputContent | undefined {
  switch (part.kind) {
    case "text":
    case "refusal":
      return { type: "input_text", text: part.text };
    case "image":
      return encodeImage(part);
    case "file":
      return encodeFile(part);
    case "audio":
      throw wrong(part.at, ": this model takes text, images and files only.");
    default:
      return undefined;
  }
}

const DETAILS: readonly (string | undefined)[] = ["low", "high", "original"];

function encodeImage({ source, detail, at }: ImagePart): ResponseInputContent {
  const image = { type: "input_image", detail: DETAILS.includes(detail) ? (detail as "low") : "auto" } as const;
  switch (source.kind) {
    case "base64":
      return { ...image, image_url: `data:${source.mediaType};base64,${source.data}` };
    case "url":
      return { ...image, image_url: source.url };
    case "uploaded":
      return { ...image, file_id: source.id };
    default:
      throw wrong(at, ": this model takes images as data, by URL or by id only.");
  }
}

function encodeFile({ source, name }: FilePart): ResponseInputContent {
  switch (source.kind) {
    case "base64": {
      const filename = name ?? `file.${source.mediaType.split("/")[1] ?? "pdf"}`;
      return { type: "input_file", filename, file_data: `data:${source.mediaType};base64,${source.data}` };
    }
    case "url":
      return { type: "input_file", file_url: source.url };
    case "uploaded":
      return { type: "input_file", file_id: source.id };
    case "text":
      return { type: "input_text", text: name === undefined ? source.text : `${name}\n\n${source.text}` };
  }
}
