import type { StreamEvent } from "../chat-answer.ts";
import type { ChatRequest, Signature } from "../chat-request.ts";
import { asObject, asPlainText, asText, type Json, parse } from "../read.ts";
import type { StreamDecoder } from "../wire-format.ts";
import { decodeCitation, decodeFinish, decodeUsage } from "./decode-answer.ts";
import { decodeError } from "./decode-error.ts";
import { outputToolOf } from "./output.ts";

type Emit = (event: StreamEvent) => void;

/** What is known of a block of the message that is not closed yet. */
type Block =
  | { readonly kind: "call"; readonly call: number }
  | { readonly kind: "output" }
  | { kind: "reasoning"; signature?: Signature };

const choice = 0;

/** Reads the events of ConverseStream. `metadata` is the last of them. */
export function createStreamDecoder(request: ChatRequest): StreamDecoder {
  const outputTool = outputToolOf(request);
  const blocks = new Map<unknown, Block>();
  let calls = 0;

  const startBlock = ({ contentBlockIndex, start }: Json, emit: Emit): void => {
    const toolUse = asObject(asObject(start)?.toolUse);
    if (!toolUse) return;
    const name = asPlainText(toolUse.name);
    if (name === outputTool) {
      blocks.set(contentBlockIndex, { kind: "output" });
      return;
    }
    const call = calls++;
    blocks.set(contentBlockIndex, { kind: "call", call });
    emit({ type: "tool_start", choice, call, id: asPlainText(toolUse.toolUseId), name });
  };

  const deltaOf = ({ contentBlockIndex, delta }: Json, emit: Emit): void => {
    const { text, toolUse, reasoningContent, citation } = asObject(delta) ?? {};
    const block = blocks.get(contentBlockIndex);
    const input = asText(asObject(toolUse)?.input);
    if (typeof text === "string") emit({ type: "text", choice, text });
    else if (input !== undefined && block?.kind === "call") {
      emit({ type: "tool_arguments", choice, call: block.call, text: input });
    } else if (input !== undefined && block?.kind === "output") emit({ type: "text", choice, text: input });
    else if (asObject(reasoningContent)) reason(contentBlockIndex, reasoningContent as Json, emit);
    else if (asObject(citation)) emit({ type: "citation", choice, citation: decodeCitation(citation as Json) });
  };

  const reason = (index: unknown, { text, signature, redactedContent }: Json, emit: Emit): void => {
    const block = blocks.get(index);
    const open = block?.kind === "reasoning" ? block : { kind: "reasoning" as const };
    blocks.set(index, open);
    if (typeof text === "string") emit({ type: "reasoning", choice, text });
    const redacted = asText(redactedContent);
    const piece = redacted ?? asText(signature);
    if (piece === undefined) return;
    const value = (open.signature?.value ?? "") + piece;
    open.signature = { by: "bedrock", value, ...(redacted !== undefined && { redacted: true }) };
  };

  const stopBlock = ({ contentBlockIndex }: Json, emit: Emit): void => {
    const block = blocks.get(contentBlockIndex);
    blocks.delete(contentBlockIndex);
    if (block?.kind === "call") emit({ type: "tool_end", choice, call: block.call });
    if (block?.kind === "reasoning")
      emit({ type: "reasoning_end", choice, ...(block.signature && { signature: block.signature }) });
  };

  return {
    decode({ event = "", data }, emit) {
      const body = asObject(parse(data));
      if (event.startsWith("exception:")) {
        emit({ type: "error", details: decodeError(data, event.slice("exception:".length)) ?? UNKNOWN });
      } else if (!body) return;
      else if (event === "messageStart") emit({ type: "start", model: request.model });
      else if (event === "contentBlockStart") startBlock(body, emit);
      else if (event === "contentBlockDelta") deltaOf(body, emit);
      else if (event === "contentBlockStop") stopBlock(body, emit);
      else if (event === "messageStop")
        emit({ type: "finish", choice, finish: decodeFinish(body.stopReason, calls > 0) });
      else if (event === "metadata") {
        const usage = decodeUsage(body.usage);
        if (usage) emit({ type: "usage", usage });
        emit({ type: "end" });
      }
    },
  };
}

const UNKNOWN = { message: "The provider broke the stream off.", type: "upstream_error", code: null };
