import { unpackCallId, unpackSignature } from "../carry.ts";
import type { Cacheable, Message, Part, Source } from "../chat-request.ts";
import {
  asObjects,
  asPlainText,
  FieldError,
  isObject,
  type Json,
  needList,
  needObject,
  needText,
  optionalBoolean,
  optionalText,
} from "../read.ts";
import { type Asked, unknownField } from "./asked.ts";
import { decodeCitation } from "./decode-answer.ts";

/**
 * The conversation, its system prompt in front.
 *
 * @throws {FieldError}
 */
export function decodeMessages({ system, messages }: Json, asked: Asked): readonly Message[] {
  const prompt = system == null ? [] : decodeContent(system, { at: "system", asked });
  const conversation = needList(messages, "messages").map((message, index): Message => {
    const at = `messages[${index}]`;
    const { role, content } = needObject(message, at);
    if (role !== "user" && role !== "assistant" && role !== "system")
      throw new FieldError(`${at}.role`, `\`${at}.role\` must be "user", "assistant" or "system".`);
    return { role, parts: decodeContent(content, { at: `${at}.content`, asked }) };
  });
  return prompt.length > 0 ? [{ role: "system", parts: prompt }, ...conversation] : conversation;
}

interface Place {
  readonly at: string;
  readonly asked: Asked;
}

function decodeContent(content: unknown, { at, asked }: Place): readonly Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ kind: "text", text: content }];
  if (content !== undefined && !Array.isArray(content))
    throw new FieldError(at, `\`${at}\` must be a string or an array.`);
  return needList(content, at).flatMap((block, index) => {
    const place = { at: `${at}[${index}]`, asked };
    return decodeBlock(needObject(block, place.at), place);
  });
}

function decodeBlock(block: Json, place: Place): Part[] {
  const { at, asked } = place;
  const cache = decodeCache(block, at);
  switch (block.type) {
    case "text": {
      const citations = asObjects(block.citations).map(decodeCitation);
      const text = needText(block.text, `${at}.text`);
      return [{ kind: "text", text, ...(citations.length > 0 && { citations }), ...cache }];
    }
    case "image":
      return [{ kind: "image", source: decodeSource(block, at), at, ...cache }];
    case "document":
      return decodeDocument(block, place);
    case "search_result":
      return decodeSearchResult(block, place);
    case "thinking": {
      const signature = optionalText(block.signature, `${at}.signature`);
      const text = needText(block.thinking, `${at}.thinking`);
      return [{ kind: "reasoning", text, ...(signature && { signature: unpackSignature(signature, "anthropic") }) }];
    }
    case "redacted_thinking": {
      const signature = unpackSignature(needText(block.data, `${at}.data`), "anthropic");
      return [{ kind: "reasoning", text: "", signature: { ...signature, redacted: true } }];
    }
    case "tool_use":
      return decodeCall(block, at);
    case "tool_result":
      return [decodeResult(block, place)];
    case "tool_reference":
      return [{ kind: "text", text: needText(block.tool_name, `${at}.tool_name`) }];
    case "browser_state":
      return [{ kind: "text", text: JSON.stringify(block) }];
    default:
      if (!isHosted(block.type)) throw unknownField(at);
      asked.set("hostedTools", at);
      return [];
  }
}

/** Blocks of what Anthropic's servers ran, or keep. */
function isHosted(type: unknown): boolean {
  return /^(server_tool_use|container_upload|compaction|fallback|(mcp_)?tool_(use|addition|removal|listing)|mcp_\w+|\w+_tool_result)$/.test(
    asPlainText(type),
  );
}

function decodeCall(block: Json, at: string): Part[] {
  const { id, signature, reasoning } = unpackCallId(needText(block.id, `${at}.id`));
  const name = needText(block.name, `${at}.name`);
  const input = block.input == null ? "{}" : JSON.stringify(needObject(block.input, `${at}.input`));
  const rest = { ...(signature && { signature }), ...decodeCache(block, at) };
  return [...reasoning, { kind: "tool_call", id, name, arguments: input, ...rest }];
}

function decodeResult(block: Json, { at, asked }: Place): Part {
  const isError = optionalBoolean(block.is_error, `${at}.is_error`);
  return {
    kind: "tool_result",
    callId: unpackCallId(needText(block.tool_use_id, `${at}.tool_use_id`)).id,
    parts: block.content == null ? [] : decodeContent(block.content, { at: `${at}.content`, asked }),
    ...(isError !== undefined && { isError }),
    at,
    ...decodeCache(block, at),
  };
}

function decodeDocument(block: Json, { at, asked }: Place): Part[] {
  const context = optionalText(block.context, `${at}.context`);
  const about: Part[] = context ? [{ kind: "text", text: context }] : [];
  const cache = decodeCache(block, at);
  if (isObject(block.source) && block.source.type === "content") {
    const title = optionalText(block.title, `${at}.title`);
    const head: Part[] = title ? [{ kind: "text", text: title }] : [];
    const parts = decodeContent(block.source.content, { at: `${at}.source.content`, asked });
    return [...head, ...about, ...marked(parts, cache)];
  }
  const name = optionalText(block.title, `${at}.title`);
  return [...about, { kind: "file", source: decodeSource(block, at), ...(name && { name }), at, ...cache }];
}

function decodeSearchResult(block: Json, { at, asked }: Place): Part[] {
  const head = [needText(block.title, `${at}.title`), needText(block.source, `${at}.source`)].join("\n");
  const parts = decodeContent(needList(block.content, `${at}.content`), { at: `${at}.content`, asked });
  return [{ kind: "text", text: head }, ...marked(parts, decodeCache(block, at))];
}

/** The mark of a block that became several parts stands on the last of them. */
function marked(parts: readonly Part[], cache: Cacheable): readonly Part[] {
  return parts.map((part, index) =>
    index === parts.length - 1 && part.kind === "text" ? { ...part, ...cache } : part,
  );
}

function decodeSource(block: Json, at: string): Source {
  const source = needObject(block.source, `${at}.source`);
  const text = (field: string): string => needText(source[field], `${at}.source.${field}`);
  switch (source.type) {
    case "base64":
      return { kind: "base64", mediaType: text("media_type"), data: text("data") };
    case "text":
      return { kind: "text", text: text("data") };
    case "url":
      return {
        kind: "url",
        url: text("url"),
        // The API takes no other documents from elsewhere.
        ...(block.type === "document" && { mediaType: "application/pdf" }),
      };
    case "file":
      return { kind: "uploaded", id: text("file_id") };
    default:
      throw unknownField(`${at}.source.type`);
  }
}

export function decodeCache(block: Json, at: string): Cacheable {
  if (block.cache_control == null) return {};
  const { ttl } = needObject(block.cache_control, `${at}.cache_control`);
  const time = optionalText(ttl, `${at}.cache_control.ttl`);
  return { cache: time === undefined ? {} : { ttl: time } };
}
