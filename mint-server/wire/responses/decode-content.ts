import type { Part, Source } from "../chat-request.ts";
import { cacheOf } from "../openai/decode-messages.ts";
import { defined } from "../openai/defined.ts";
import { refuseUnknown } from "../openai/read-fields.ts";
import { type Json, needList, needObject, needText, optionalText, parseDataURL } from "../read.ts";
import { wrong } from "./wrong.ts";

/** An item's content, or a tool's output: text, or a list of parts. @throws {FieldError} */
export function decodeContent(content: unknown, at: string, byAssistant: boolean): readonly Part[] {
  if (typeof content === "string") return [{ kind: "text", text: content }];
  return needList(content, at).map((value, index) => {
    const path = `${at}[${index}]`;
    const part = needObject(value, path);
    const type = needText(part.type, `${path}.type`);
    const fields = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
    if (!fields || (byAssistant ? MEDIA.has(type) : type === "refusal")) {
      throw wrong(`${path}.type`, `: ${JSON.stringify(type)} is not understood here.`);
    }
    refuseUnknown(part, fields, path);
    return decodePart(type, part, path);
  });
}

const fields = (names: string): ReadonlySet<string> => new Set(`type prompt_cache_breakpoint ${names}`.split(" "));

/** With what answers add to a part, and the SDK's parser. */
const FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  input_text: fields("text"),
  output_text: fields("text annotations logprobs parsed"),
  refusal: fields("refusal parsed"),
  input_image: fields("image_url file_id detail"),
  input_file: fields("file_data file_url file_id filename detail"),
  input_audio: fields("input_audio"),
};
const MEDIA: ReadonlySet<string> = new Set(["input_image", "input_file", "input_audio"]);

function decodePart(type: string, part: Json, at: string): Part {
  const cache = cacheOf(part, at);
  switch (type) {
    case "refusal":
      return { kind: "refusal", text: needText(part.refusal, `${at}.refusal`) };
    case "input_image": {
      const detail = optionalText(part.detail, `${at}.detail`);
      const source = decodeSource(part, ["image_url"], at);
      return { kind: "image", source, ...(detail && detail !== "auto" && { detail }), at, ...cache };
    }
    case "input_file": {
      const name = optionalText(part.filename, `${at}.filename`);
      return {
        kind: "file",
        source: decodeSource(part, ["file_data", "file_url"], at),
        ...defined({ name }),
        at,
        ...cache,
      };
    }
    case "input_audio": {
      const audio = needObject(part.input_audio, `${at}.input_audio`);
      const format = needText(audio.format, `${at}.input_audio.format`);
      const data = needText(audio.data, `${at}.input_audio.data`);
      const mediaType = format === "mp3" ? "audio/mpeg" : `audio/${format}`;
      return { kind: "audio", source: { kind: "base64", mediaType, data }, at };
    }
    default:
      return { kind: "text", text: needText(part.text, `${at}.text`), ...cache };
  }
}

/** Where the bytes are: what is uploaded, or the first of `places` that says. */
function decodeSource(part: Json, places: readonly string[], at: string): Source {
  const id = optionalText(part.file_id, `${at}.file_id`);
  if (id !== undefined) return { kind: "uploaded", id };
  const place = places.find((name) => part[name] != null) ?? String(places[0]);
  const value = needText(part[place], `${at}.${place}`);
  const inline = parseDataURL(value);
  if (inline) return { kind: "base64", ...inline };
  if (/^data:/i.test(value)) throw wrong(`${at}.${place}`, " is not a whole data URL.");
  // Without a data URL's head it is the base64 of a PDF, the one type that this API began with.
  return place === "file_data"
    ? { kind: "base64", mediaType: "application/pdf", data: value }
    : { kind: "url", url: value };
}
