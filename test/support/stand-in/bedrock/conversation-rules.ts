import { signatureProblem } from "../anthropic/message-rules.ts";
import type { Problem, Rule } from "../check.ts";
import { type Fields, isObject } from "../orders.ts";
import { inspect } from "../seal.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { constraint, modelError } from "./converse-rules.ts";

/** What Bedrock insists on in the messages. */
export const CONVERSATION_RULES: readonly Rule[] = [roles, system, blocks, toolConfig, results, thinkingFirst];

function roles({ fields }: Asked): Problem | undefined {
  const messages = objectsIn(fields.messages);
  if (messages.length === 0) return constraint("messages", "[]", "Member must have length greater than or equal to 1");
  for (const [at, { role, content }] of messages.entries()) {
    if (role !== "user" && role !== "assistant") {
      return constraint(
        `messages.${at + 1}.member.role`,
        role,
        "Member must satisfy enum value set: [user, assistant]",
      );
    }
    if (at === 0 && role !== "user") {
      return {
        message:
          "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
      };
    }
    if (messages[at - 1]?.role === role) {
      return {
        message:
          "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
      };
    }
    if (!Array.isArray(content) || content.length === 0) {
      return {
        message: `The content field in the Message object at messages.${at} is empty. Add a ContentBlock object to the content field and try again.`,
      };
    }
  }
  return undefined;
}

function system({ fields }: Asked): Problem | undefined {
  const at = objectsIn(fields.system).findIndex(({ text }) => typeof text === "string" && text.trim() === "");
  return at < 0 ? undefined : blank("SystemContentBlock", `system.${at}`);
}

const blank = (what: string, path: string): Problem => ({
  message: `The text field in the ${what} object at ${path} is blank. Add text to the text field, and try again.`,
});

function blocks({ fields }: Asked): Problem | undefined {
  for (const [at, { content }] of objectsIn(fields.messages).entries()) {
    for (const [index, block] of objectsIn(content).entries()) {
      const problem = blockProblem(block, `messages.${at}.content.${index}`);
      if (problem) return problem;
    }
  }
  return undefined;
}

function blockProblem(block: Fields, path: string): Problem | undefined {
  const { text, toolUse, toolResult, reasoningContent } = block;
  if (typeof text === "string" && text.trim() === "") return blank("ContentBlock", path);
  if (toolUse !== undefined) {
    const { toolUseId, input } = objectIn(toolUse);
    const problem = idProblem(toolUseId, `${path}.toolUse.toolUseId`);
    return problem ?? (isObject(input) ? undefined : notJson(`${path}.toolUse.input`));
  }
  if (toolResult !== undefined) return resultProblem(objectIn(toolResult), `${path}.toolResult`);
  const { reasoningText, redactedContent } = objectIn(reasoningContent);
  if (reasoningText !== undefined) {
    const { text: thought, signature } = objectIn(reasoningText);
    const found = signatureProblem(path, inspect("anthropic", signature, String(thought)));
    return found && modelError(found.message);
  }
  if (redactedContent === undefined || inspect("anthropic redacted", redactedContent) === "genuine") return undefined;
  return modelError(`${path}: Invalid \`data\` in \`redacted_thinking\` block`);
}

const notJson = (path: string): Problem => ({
  message: `The format of the value at ${path} is invalid. Provide a json object for the field and try again.`,
});

function idProblem(id: unknown, path: string): Problem | undefined {
  if (typeof id !== "string" || !/^[\w-]+$/.test(id)) {
    return constraint(path, id, "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+");
  }
  return id.length <= 64 ? undefined : constraint(path, id, "Member must have length less than or equal to 64");
}

/** A result may be empty, unless it says that the tool failed. */
function resultProblem({ toolUseId, content, status }: Fields, path: string): Problem | undefined {
  if (status === "error" && objectsIn(content).length === 0) {
    return { message: `The content field at ${path} cannot be empty when status value is error.` };
  }
  const at = objectsIn(content).findIndex(({ json }) => json !== undefined && !isObject(json));
  return idProblem(toolUseId, `${path}.toolUseId`) ?? (at < 0 ? undefined : notJson(`${path}.content.${at}.json`));
}

const idsIn = (message: Fields | undefined, kind: "toolUse" | "toolResult"): readonly unknown[] =>
  objectsIn(message?.content)
    .filter((block) => block[kind] !== undefined)
    .map((block) => objectIn(block[kind]).toolUseId);

function toolConfig({ fields }: Asked): Problem | undefined {
  const used = objectsIn(fields.messages).some(
    (one) => [...idsIn(one, "toolUse"), ...idsIn(one, "toolResult")].length > 0,
  );
  if (!used || fields.toolConfig !== undefined) return undefined;
  return { message: "The toolConfig field must be defined when using toolUse and toolResult content blocks." };
}

function results({ fields }: Asked): Problem | undefined {
  const messages = objectsIn(fields.messages);
  for (const [at, message] of messages.entries()) {
    const called = idsIn(messages[at - 1], "toolUse");
    const answered = idsIn(message, "toolResult");
    if (answered.length > called.length || answered.some((id) => !called.includes(id))) {
      return {
        message: `The number of toolResult blocks at messages.${at}.content exceeds the number of toolUse blocks of previous turn.`,
      };
    }
    const open = called.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      return {
        message: `Expected toolResult blocks at messages.${at}.content for the following Ids: ${open.join(", ")}`,
      };
    }
  }
  const open = idsIn(messages.at(-1), "toolUse");
  if (open.length === 0) return undefined;
  return {
    message: `Expected toolResult blocks at messages.${messages.length}.content for the following Ids: ${open.join(", ")}`,
  };
}

/** With a thinking budget, the calls that are being answered must have their thoughts before them. */
function thinkingFirst({ fields }: Asked): Problem | undefined {
  const messages = objectsIn(fields.messages);
  if (objectIn(objectIn(fields.additionalModelRequestFields).thinking).type !== "enabled") return undefined;
  if (idsIn(messages.at(-1), "toolResult").length === 0) return undefined;
  if (objectsIn(messages.at(-2)?.content)[0]?.reasoningContent !== undefined) return undefined;
  const path = `messages.${messages.length - 2}.content.0.type`;
  return modelError(`${path}: Expected \`thinking\` or \`redacted_thinking\`, but found \`tool_use\`.`);
}
