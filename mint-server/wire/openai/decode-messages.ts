import { restoreCalls, unpackCallId } from "../carry.ts";
import type { Cacheable, ImagePart, Message, Part, ToolCallPart } from "../chat-request.ts";
import { FieldError, type Json, needList, needObject, needText, optionalText, parseDataURL } from "../read.ts";
import { defined } from "./defined.ts";
import { refuseUnknown } from "./read-fields.ts";

const FIELDS = new Set(["role", "content", "name"]);
const TOOL_FIELDS = new Set([...FIELDS, "tool_call_id"]);
/** Also what clients return of an answer although it says nothing to the model. */
const ASSISTANT_FIELDS = new Set([
  ...FIELDS,
  ...["tool_calls", "refusal", "reasoning_content", "reasoning", "reasoning_details", "annotations", "parsed"],
]);

/** A Chat Completions conversation. @throws {FieldError} */
export function decodeMessages(value: unknown): readonly Message[] {
  return needList(value, "messages").flatMap((message, index) => {
    const decoded = decodeMessage(needObject(message, `messages[${index}]`), `messages[${index}]`);
    // The answer of a model that was cut off before its first word: no provider takes it back.
    return decoded.role === "assistant" && decoded.parts.length === 0 ? [] : [decoded];
  });
}

function decodeMessage(message: Json, at: string): Message {
  const name = defined({ name: optionalText(message.name, `${at}.name`) });
  switch (message.role) {
    case "system":
    case "developer":
      refuseUnknown(message, FIELDS, at);
      return { role: message.role, parts: decodeContent(message.content, `${at}.content`, []), ...name };
    case "user":
      refuseUnknown(message, FIELDS, at);
      return { role: "user", parts: decodeContent(message.content, `${at}.content`, MEDIA), ...name };
    case "assistant":
      return { role: "assistant", parts: decodeAssistant(message, at), ...name };
    case "tool":
      refuseUnknown(message, TOOL_FIELDS, at);
      return {
        role: "user",
        parts: [
          {
            kind: "tool_result",
            callId: unpackCallId(needText(message.tool_call_id, `${at}.tool_call_id`)).id,
            ...name,
            parts: decodeContent(message.content, `${at}.content`, MEDIA),
            at,
          },
        ],
      };
    case "function":
      throw new FieldError(`${at}.role`, `\`${at}.role\` function is of an older API. Use \`tools\` and role tool.`);
    default:
      throw new FieldError(`${at}.role`, `\`${at}.role\` must be system, developer, user, assistant or tool.`);
  }
}

function decodeAssistant(message: Json, at: string): readonly Part[] {
  if (message.function_call != null) {
    throw new FieldError(`${at}.function_call`, `\`${at}.function_call\` is of an older API. Use \`tool_calls\`.`);
  }
  refuseUnknown(message, ASSISTANT_FIELDS, at);
  const { content } = message;
  const calls = message.tool_calls == null ? [] : needList(message.tool_calls, `${at}.tool_calls`);
  const restored = restoreCalls(calls.map((call, index) => decodeCall(call, `${at}.tool_calls[${index}]`)));
  const refusal = optionalText(message.refusal, `${at}.refusal`);
  const thoughts = [...restored.before, ...restored.calls].some(({ kind }) => kind === "reasoning")
    ? restored.before
    : unsigned(message, at);
  return [
    ...thoughts,
    ...(content == null || content === "" ? [] : decodeContent(content, `${at}.content`, ["refusal"])),
    ...(refusal ? [{ kind: "refusal", text: refusal } as const] : []),
    ...restored.calls,
  ];
}

/** Thoughts as the caller saw them, which ids of tool calls may carry in signed form. */
function unsigned(message: Json, at: string): readonly Part[] {
  const text =
    optionalText(message.reasoning_content, `${at}.reasoning_content`) ??
    optionalText(message.reasoning, `${at}.reasoning`);
  return text ? [{ kind: "reasoning", text }] : [];
}

function decodeCall(value: unknown, at: string): ToolCallPart {
  const call = needObject(value, at);
  if (call.type !== undefined && call.type !== "function") {
    throw new FieldError(`${at}.type`, `\`${at}.type\` must be function: this model has no other tools.`);
  }
  const called = needObject(call.function, `${at}.function`);
  return {
    kind: "tool_call",
    id: needText(call.id, `${at}.id`),
    name: needText(called.name, `${at}.function.name`),
    arguments: optionalText(called.arguments, `${at}.function.arguments`) ?? "",
  };
}

const MEDIA = ["image_url", "input_audio", "file"] as const;
type PartType = (typeof MEDIA)[number] | "refusal";

/** A message's content: text, or a list of texts and whatever else is `allowed` beside them. */
function decodeContent(content: unknown, at: string, allowed: readonly PartType[]): readonly Part[] {
  if (typeof content === "string") return [{ kind: "text", text: content }];
  if (!Array.isArray(content)) {
    const detail = content == null ? "is missing" : "must be a string or an array";
    throw new FieldError(at, `\`${at}\` ${detail}.`);
  }
  return content.map((part, index) => decodePart(needObject(part, `${at}[${index}]`), `${at}[${index}]`, allowed));
}

function decodePart(part: Json, at: string, allowed: readonly PartType[]): Part {
  const type = needText(part.type, `${at}.type`);
  if (type !== "text" && !(allowed as readonly string[]).includes(type)) {
    throw new FieldError(`${at}.type`, `\`${at}.type\` must be ${["text", ...allowed].join(" or ")} here.`);
  }
  refuseUnknown(part, new Set(["type", type, "cache_control", "prompt_cache_breakpoint"]), at);
  const path = `${at}.${type}`;
  const cache = cacheOf(part, at);
  switch (type) {
    case "image_url":
      return { ...decodeImage(needObject(part.image_url, path), path), at, ...cache };
    case "input_audio":
      return { ...decodeAudio(needObject(part.input_audio, path), path), at };
    case "file":
      return { ...decodeFile(needObject(part.file, path), path), at, ...cache };
    case "refusal":
      return { kind: "refusal", text: needText(part.refusal, path) };
    default:
      return { kind: "text", text: needText(part.text, path), ...cache };
  }
}

function decodeImage(image: Json, at: string): Omit<ImagePart, "at"> {
  const url = needText(image.url, `${at}.url`);
  const inline = parseDataURL(url);
  if (!inline && /^data:/i.test(url)) throw new FieldError(`${at}.url`, `\`${at}.url\` is not a whole data URL.`);
  return {
    kind: "image",
    source: inline ? { kind: "base64", ...inline } : { kind: "url", url },
    ...defined({ detail: optionalText(image.detail, `${at}.detail`) }),
  };
}

function decodeAudio(audio: Json, at: string) {
  const format = needText(audio.format, `${at}.format`);
  const mediaType = format === "mp3" ? "audio/mpeg" : `audio/${format}`;
  return { kind: "audio", source: { kind: "base64", mediaType, data: needText(audio.data, `${at}.data`) } } as const;
}

function decodeFile({ file_data, file_id, filename }: Json, at: string) {
  const name = defined({ name: optionalText(filename, `${at}.filename`) });
  const id = optionalText(file_id, `${at}.file_id`);
  if (id !== undefined) return { kind: "file", source: { kind: "uploaded", id }, ...name } as const;
  const data = needText(file_data, `${at}.file_data`);
  // Without a data URL's head it is the base64 of a PDF, the one type that this API began with.
  const source = parseDataURL(data) ?? { mediaType: "application/pdf", data };
  return { kind: "file", source: { kind: "base64", ...source }, ...name } as const;
}

/**
 * Where the provider may keep the prompt up to: OpenAI's mark, or Anthropic's, which many OpenAI-like APIs know. How long is
 * said in Anthropic's words only.
 *
 * @throws {FieldError}
 */
export function cacheOf({ cache_control, prompt_cache_breakpoint }: Json, at: string): Cacheable {
  if (cache_control == null) return prompt_cache_breakpoint == null ? {} : { cache: {} };
  const { type, ttl } = needObject(cache_control, `${at}.cache_control`);
  if (type !== "ephemeral") {
    throw new FieldError(`${at}.cache_control.type`, `\`${at}.cache_control.type\` must be ephemeral.`);
  }
  return { cache: defined({ ttl: optionalText(ttl, `${at}.cache_control.ttl`) }) };
}
