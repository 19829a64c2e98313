import { asNumber, asObject, asText, isObject, type Json, parse } from "../read.ts";
import { readBodies } from "../read-events.ts";

interface Block {
  content: Json;
  /** Of a tool: what it is called with, as JSON text. */
  input: string;
  isOver: boolean;
}

interface Message {
  body: Json | undefined;
  readonly blocks: Map<number, Block>;
  isOver: boolean;
  isLossy: boolean;
}

/** The message that its event stream tells; `undefined` where it is not whole, or holds what is not known to be put together. */
export function joinEvents(stream: string): Json | undefined {
  const read = readBodies(stream);
  const message: Message = { body: undefined, blocks: new Map(), isOver: false, isLossy: !read };
  for (const event of read?.bodies ?? []) addEvent(event, message);
  const { body, blocks, isOver, isLossy } = message;
  const isWhole = isOver && [...blocks.values()].every((block) => block.isOver) && Boolean(asText(body?.stop_reason));
  if (!body || !isWhole || isLossy) return undefined;
  return { ...body, content: [...blocks.entries()].sort(([a], [b]) => a - b).map(([, { content }]) => content) };
}

function addEvent(event: Json, message: Message): void {
  const { type, message: begun, delta, usage, ...rest } = event;
  const at = asNumber(event.index) ?? Number.NaN;
  const block = message.blocks.get(at);
  switch (type) {
    case "ping":
      break;
    case "message_start":
      message.body = asObject(begun);
      break;
    case "content_block_start":
      message.blocks.set(at, { content: asObject(event.content_block) ?? {}, input: "", isOver: false });
      break;
    case "content_block_delta":
      if (!block || !addDelta(asObject(delta) ?? {}, block)) message.isLossy = true;
      break;
    case "content_block_stop":
      if (!block || !endBlock(block)) message.isLossy = true;
      break;
    case "message_delta":
      message.body = { ...message.body, ...asObject(delta), ...rest, usage: joinUsage(message.body?.usage, usage) };
      break;
    case "message_stop":
      message.isOver = true;
      break;
    default:
      message.isLossy = true;
  }
}

/** False for a delta that is not known. */
function addDelta(delta: Json, block: Block): boolean {
  const { content } = block;
  const append = (name: "text" | "thinking"): void => {
    block.content = { ...content, [name]: `${asText(content[name]) ?? ""}${asText(delta[name]) ?? ""}` };
  };
  switch (delta.type) {
    case "text_delta":
      append("text");
      return true;
    case "thinking_delta":
      append("thinking");
      return true;
    case "signature_delta":
      block.content = { ...content, signature: delta.signature };
      return true;
    case "citations_delta": {
      const citations: readonly unknown[] = Array.isArray(content.citations) ? content.citations : [];
      block.content = { ...content, citations: [...citations, delta.citation] };
      return true;
    }
    case "input_json_delta":
      block.input += asText(delta.partial_json) ?? "";
      return true;
    default:
      return false;
  }
}

/** False where the input of a tool is no object. */
function endBlock(block: Block): boolean {
  block.isOver = true;
  if (block.input.trim() === "") return true;
  const input = parse(block.input);
  block.content = { ...block.content, input };
  return isObject(input);
}

/** What the end tells stands, but a count that it leaves out is the beginning's. */
function joinUsage(begun: unknown, ended: unknown): Json {
  const usage = asObject(begun) ?? {};
  const told = Object.entries(asObject(ended) ?? {});
  return {
    ...usage,
    ...Object.fromEntries(told.filter(([name, count]) => count !== null || typeof usage[name] !== "number")),
  };
}
