import type { Problem, Rule } from "../check.ts";
import type { Fields } from "../orders.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { blocksOf } from "./turn.ts";

/** What Anthropic insists on in how the messages follow each other. */
export const TURN_RULES: readonly Rule[] = [results, thinkingFirst, ending];

interface TurnOfBlocks {
  readonly role: unknown;
  readonly at: number;
  readonly blocks: readonly Fields[];
}

/** Messages of one role in a row are one turn. */
function turnsIn(messages: readonly Fields[]): readonly TurnOfBlocks[] {
  const turns: (TurnOfBlocks & { blocks: Fields[] })[] = [];
  for (const [at, { role, content }] of messages.entries()) {
    const last = turns.at(-1);
    if (last?.role === role) last?.blocks.push(...blocksOf(content));
    else turns.push({ role, at, blocks: [...blocksOf(content)] });
  }
  return turns;
}

function results({ fields }: Asked): Problem | undefined {
  const turns = turnsIn(objectsIn(fields.messages));
  for (const [index, { at, blocks }] of turns.entries()) {
    const called = idsOf(turns[index - 1]?.blocks, "tool_use", "id");
    const lost = idsOf(blocks, "tool_result", "tool_use_id").find((id) => !called.includes(id));
    if (lost !== undefined) {
      return {
        message: `messages.${at}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${lost}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      };
    }
    const next = turns[index + 1]?.blocks ?? [];
    // Results come before anything else that the user says.
    const first = next.findIndex(({ type }) => type !== "tool_result");
    const answered = idsOf(next.slice(0, first < 0 ? next.length : first), "tool_result", "tool_use_id");
    const open = idsOf(blocks, "tool_use", "id").filter((id) => !answered.includes(id));
    if (open.length > 0) {
      return {
        message: `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      };
    }
  }
  return undefined;
}

function idsOf(blocks: readonly Fields[] = [], type: string, name: string): readonly unknown[] {
  return blocks.filter((block) => block.type === type).map((block) => block[name]);
}

/** With a thinking budget, the calls that are being answered must have their thoughts before them. */
function thinkingFirst({ fields }: Asked): Problem | undefined {
  if (objectIn(fields.thinking).type !== "enabled") return undefined;
  const turns = turnsIn(objectsIn(fields.messages));
  const last = turns.at(-1);
  const calling = turns.at(-2);
  if (calling === undefined || !last?.blocks.some(({ type }) => type === "tool_result")) return undefined;
  const found = calling.blocks[0]?.type;
  if (found === "thinking" || found === "redacted_thinking") return undefined;
  return {
    message: `messages.${calling.at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  };
}

function ending({ fields, model }: Asked): Problem | undefined {
  const last = objectsIn(fields.messages).at(-1);
  if (last?.role !== "assistant") return undefined;
  if (/claude-(?:(?:opus|sonnet)-4-[6-9]|(?:opus|sonnet|haiku)-[5-9])/.test(model)) {
    return {
      message: "This model does not support assistant message prefill. The conversation must end with a user message.",
    };
  }
  const text = blocksOf(last.content).at(-1)?.text;
  if (typeof text !== "string" || text === text.trimEnd()) return undefined;
  return { message: "messages: final assistant content cannot end with trailing whitespace" };
}
