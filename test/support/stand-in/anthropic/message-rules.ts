import type { Problem, Rule } from "../check.ts";
import { strangeField } from "../check.ts";
import { type Fields, isObject } from "../orders.ts";
import { inspect } from "../seal.ts";
import { type Asked, objectsIn } from "../turn.ts";
import { isNewVersion } from "./versions.ts";

/** Fields of the blocks that a translation makes; others are taken as they are. */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "cache_control", "citations"],
  thinking: ["type", "thinking", "signature"],
  redacted_thinking: ["type", "data"],
  tool_use: ["type", "id", "name", "input", "cache_control", "caller", "toolset_name"],
  tool_result: ["type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"],
};

/** What Anthropic insists on in the messages. */
export const MESSAGE_RULES: readonly Rule[] = [roles, system, blocks, misplaced];

function roles({ fields, model }: Asked): Problem | undefined {
  const messages = objectsIn(fields.messages);
  if (messages.length === 0) return { message: "messages: at least one message is required" };
  for (const [at, { role, content }] of messages.entries()) {
    const path = `messages.${at}`;
    if (role === "system") {
      const problem = systemMessage(messages, at, model);
      if (problem) return problem;
    } else if (role !== "user" && role !== "assistant") {
      return { message: `${path}.role: Input should be 'user' or 'assistant'` };
    }
    if (typeof content !== "string" && !Array.isArray(content)) return { message: `${path}.content: Field required` };
    if (content.length === 0 && (role !== "assistant" || at < messages.length - 1)) {
      return {
        message: `${path}: all messages must have non-empty content except for the optional final assistant message`,
      };
    }
  }
  return messages[0]?.role === "user" ? undefined : { message: 'messages: first message must use the "user" role' };
}

/** In the midst of a conversation, from Opus 4.8 on: after the user's turn, and not between a call and its result. */
function systemMessage(messages: readonly Fields[], at: number, model: string): Problem | undefined {
  if (!/claude-(?:opus-4-[89]|opus-[5-9])/.test(model)) {
    return {
      message: `messages.${at}: Unexpected role "system". The Messages API accepts a top-level \`system\` parameter, not "system" as an input message role.`,
    };
  }
  if (at === 0) return { message: "messages.0: use the top-level 'system' parameter for the initial system prompt" };
  if (messages[at - 1]?.role === "user") return undefined;
  return { message: `messages.${at}: a system message must follow a user message` };
}

const NON_EMPTY = "text content blocks must be non-empty";

function system({ fields }: Asked): Problem | undefined {
  const parts = typeof fields.system === "string" ? [] : objectsIn(fields.system);
  return parts.some(({ text }) => !String(text ?? "").trim()) ? { message: `system: ${NON_EMPTY}` } : undefined;
}

function blocks({ fields }: Asked): Problem | undefined {
  const ids = new Set<unknown>();
  for (const [at, { content }] of objectsIn(fields.messages).entries()) {
    for (const [index, block] of objectsIn(content).entries()) {
      const path = `messages.${at}.content.${index}`;
      const known = BLOCKS[String(block.type)];
      const strange = known && strangeField(block, known);
      if (strange) return { message: `${path}.${block.type}.${strange}: Extra inputs are not permitted` };
      const problem = BLOCK_RULES[String(block.type)]?.(block, path);
      if (problem) return problem;
      if (block.type === "tool_use" && ids.size === ids.add(block.id).size) {
        return { message: `${path}.tool_use.id: \`tool_use\` ids must be unique` };
      }
    }
  }
  return undefined;
}

/** The new version wants no document of the assistant's, and no citation of the user's. */
function misplaced(asked: Asked): Problem | undefined {
  if (!isNewVersion(asked)) return undefined;
  for (const [at, { role, content }] of objectsIn(asked.fields.messages).entries()) {
    for (const [index, { type, citations }] of objectsIn(content).entries()) {
      const path = `messages.${at}.content.${index}`;
      if (role === "assistant" && type === "document") {
        return { message: `${path}: \`document\` blocks are not permitted in assistant messages` };
      }
      if (role === "user" && type === "text" && Array.isArray(citations) && citations.length > 0) {
        return { message: `${path}.text.citations: citations are not permitted in user messages` };
      }
    }
  }
  return undefined;
}

const BLOCK_RULES: Readonly<Record<string, (block: Fields, path: string) => Problem | undefined>> = {
  text: ({ text }) => {
    if (text === "") return { message: `messages: ${NON_EMPTY}` };
    return String(text ?? "").trim()
      ? undefined
      : { message: "messages: text content blocks must contain non-whitespace text" };
  },
  tool_use: ({ id, name, input }, path) => {
    if (typeof id !== "string" || !/^[\w-]+$/.test(id)) {
      return { message: `${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'` };
    }
    if (typeof name !== "string" || !/^[\w-]{1,200}$/.test(name)) {
      return { message: `${path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'` };
    }
    return isObject(input) ? undefined : { message: `${path}.tool_use.input: Input should be a valid dictionary` };
  },
  thinking: ({ thinking, signature }, path) =>
    signatureProblem(path, inspect("anthropic", signature, String(thinking))),
  redacted_thinking: ({ data }, path) => {
    return inspect("anthropic redacted", data) === "genuine"
      ? undefined
      : { message: `${path}: Invalid \`data\` in \`redacted_thinking\` block` };
  },
};

/** What Anthropic says of a signature that does not fit. */
export function signatureProblem(path: string, found: ReturnType<typeof inspect>): Problem | undefined {
  if (found === "genuine") return undefined;
  if (found === "forged") return { message: `${path}: Invalid \`signature\` in \`thinking\` block` };
  return {
    message: `${path}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`,
  };
}
