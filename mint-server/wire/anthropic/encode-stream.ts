import type { RawContentBlockDelta, RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages/messages";
import { errorEvent } from "../../contract/error-shapes.ts";
import { packSignature } from "../carry.ts";
import type { Finish, StreamEvent, Usage } from "../chat-answer.ts";
import type { ChatRequest } from "../chat-request.ts";
import type { Stamp, StreamEncoder } from "../wire-format.ts";
import { encodeCitation, encodeFinish, encodeUsage, messageOf, thoughtBlock, toolBlock } from "./encode-answer.ts";

/** The text or thought that is being written; tools may be so at the same time. */
interface Open {
  readonly kind: "text" | "refusal" | "reasoning";
  readonly index: number;
  cited?: boolean;
}

interface State {
  started: boolean;
  over: boolean;
  nextIndex: number;
  open: Open | undefined;
  /** Indices of the blocks of calls that are not yet whole. */
  readonly tools: Map<number, number>;
  refused: boolean;
  finish: Finish;
  usage: Usage | undefined;
}

type Send = (event: RawMessageStreamEvent) => void;

/** Writes a message's event stream. */
export function createStreamEncoder(request: ChatRequest, stamp: Stamp): StreamEncoder {
  const state: State = {
    started: false,
    over: false,
    nextIndex: 0,
    open: undefined,
    tools: new Map(),
    refused: false,
    finish: { reason: "stop" },
    usage: undefined,
  };
  return {
    encode(event) {
      if (state.over || ("choice" in event && event.choice !== 0)) return "";
      let text = "";
      const send: Send = (body) => {
        text += `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
      };
      if (event.type === "error") {
        state.over = true;
        return errorEvent(event.details, "anthropic");
      }
      if (!state.started) {
        const start: Partial<Extract<StreamEvent, { type: "start" }>> = event.type === "start" ? event : {};
        // Some providers tell all output at every event; clients add what is said here to what is said at the end.
        const usage = start.usage && { ...start.usage, outputTokens: 0, reasoningTokens: 0 };
        send({ type: "message_start", message: messageOf({ ...start, ...(usage && { usage }) }, request, stamp) });
        state.started = true;
        state.usage = start.usage;
      }
      encodeEvent(event, state, send);
      return text;
    },
  };
}

function encodeEvent(event: StreamEvent, state: State, send: Send): void {
  switch (event.type) {
    case "text":
    case "refusal":
      if (event.type === "refusal") state.refused = true;
      if (event.text !== "") sendText(event.type, event.text, { state, send });
      break;
    case "citation":
      sendCitation(event, state, send);
      break;
    case "reasoning":
      if (state.open?.kind !== "reasoning") openBlock("reasoning", state, send);
      sendDelta({ type: "thinking_delta", thinking: event.text }, state, send);
      break;
    case "reasoning_end":
      endThought(event, state, send);
      break;
    case "tool_start":
    case "tool_arguments":
    case "tool_end":
      encodeToolEvent(event, state, send);
      break;
    case "usage":
      state.usage = event.usage;
      break;
    case "finish":
      state.finish = event.finish;
      closeBlock(state, send);
      for (const call of [...state.tools.keys()]) closeTool(call, state, send);
      break;
    case "end":
      end(state, send);
  }
}

type ToolEvent = Extract<StreamEvent, { type: "tool_start" | "tool_arguments" | "tool_end" }>;

function encodeToolEvent(event: ToolEvent, state: State, send: Send): void {
  if (event.type === "tool_end") closeTool(event.call, state, send);
  else if (event.type === "tool_start") {
    closeBlock(state, send);
    const index = state.nextIndex++;
    state.tools.set(event.call, index);
    send({ type: "content_block_start", index, content_block: toolBlock(event.id, event.name, event.signature) });
  } else {
    const index = state.tools.get(event.call);
    if (index === undefined || event.text === "") return;
    send({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: event.text } });
  }
}

function sendText(
  kind: "text" | "refusal",
  text: string,
  { state, send }: { readonly state: State; readonly send: Send },
): void {
  // What follows a citation is not what it is about.
  if (state.open?.kind !== kind || state.open.cited) openBlock(kind, state, send);
  sendDelta({ type: "text_delta", text }, state, send);
}

function sendCitation({ citation }: Extract<StreamEvent, { type: "citation" }>, state: State, send: Send): void {
  if (state.open?.kind !== "text") openBlock("text", state, send);
  if (state.open) state.open.cited = true;
  sendDelta({ type: "citations_delta", citation: encodeCitation(citation) }, state, send);
}

function endThought({ signature }: Extract<StreamEvent, { type: "reasoning_end" }>, state: State, send: Send): void {
  const isOpen = state.open?.kind === "reasoning";
  if (!isOpen && signature?.redacted) {
    closeBlock(state, send);
    const index = state.nextIndex++;
    send({ type: "content_block_start", index, content_block: thoughtBlock("", signature) });
    send({ type: "content_block_stop", index });
  } else if (signature) {
    if (!isOpen) openBlock("reasoning", state, send);
    sendDelta({ type: "signature_delta", signature: packSignature(signature, "anthropic") }, state, send);
  }
  if (state.open?.kind === "reasoning") closeBlock(state, send);
}

function openBlock(kind: Open["kind"], state: State, send: Send): void {
  closeBlock(state, send);
  const index = state.nextIndex++;
  state.open = { kind, index };
  const content_block =
    kind === "reasoning"
      ? ({ type: "thinking", thinking: "", signature: "" } as const)
      : ({ type: "text", text: "", citations: null } as const);
  send({ type: "content_block_start", index, content_block });
}

function sendDelta(delta: RawContentBlockDelta, { open }: State, send: Send): void {
  if (open) send({ type: "content_block_delta", index: open.index, delta });
}

function closeBlock(state: State, send: Send): void {
  if (state.open) send({ type: "content_block_stop", index: state.open.index });
  state.open = undefined;
}

function closeTool(call: number, state: State, send: Send): void {
  const index = state.tools.get(call);
  if (index !== undefined) send({ type: "content_block_stop", index });
  state.tools.delete(call);
}

function end(state: State, send: Send): void {
  state.over = true;
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, ...usage } = encodeUsage(
    state.usage,
  );
  const { output_tokens_details, server_tool_use } = usage;
  send({
    type: "message_delta",
    delta: { container: null, ...encodeFinish(state.finish, state.refused) },
    usage: {
      input_tokens,
      output_tokens,
      cache_read_input_tokens,
      cache_creation_input_tokens,
      output_tokens_details,
      server_tool_use,
    },
  });
  send({ type: "message_stop" });
}
