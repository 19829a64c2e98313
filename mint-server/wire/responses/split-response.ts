import { asObjects, asText, type Json } from "../read.ts";

type Send = (type: string, members: Json) => void;

/** The events in which a response might have come, numbered from 0; `undefined` if it is none that is over. */
export function splitResponse(response: Json): string | undefined {
  const { status, output } = response;
  if ((status !== "completed" && status !== "incomplete") || response.error || !Array.isArray(output)) return undefined;
  let text = "";
  let number = 0;
  const send: Send = (type, members) => {
    text += `event: ${type}\ndata: ${JSON.stringify({ type, ...members, sequence_number: number++ })}\n\n`;
  };
  const begun = {
    ...response,
    status: "in_progress",
    output: [],
    usage: null,
    incomplete_details: null,
    ...("completed_at" in response && { completed_at: null }),
  };
  send("response.created", { response: begun });
  send("response.in_progress", { response: begun });
  for (const [output_index, item] of asObjects(output).entries()) sendItem(item, output_index, send);
  send(`response.${status}`, { response });
  return text;
}

/** Items of which there is nothing to be told in pieces come as they are. */
function sendItem(item: Json, output_index: number, send: Send): void {
  const at = { item_id: item.id, output_index };
  const begun = "status" in item ? { ...item, status: "in_progress" } : item;
  const added = (emptied: Json): void =>
    send("response.output_item.added", { output_index, item: { ...begun, ...emptied } });
  switch (item.type) {
    case "message":
      added({ content: [] });
      for (const [content_index, part] of asObjects(item.content).entries()) {
        sendContent(part, { ...at, content_index }, send);
      }
      break;
    case "reasoning":
      added({ summary: [], ...("content" in item && { content: [] }) });
      for (const [summary_index, part] of asObjects(item.summary).entries()) {
        sendSummary(part, { ...at, summary_index }, send);
      }
      for (const [content_index, part] of asObjects(item.content).entries()) {
        sendContent(part, { ...at, content_index }, send);
      }
      break;
    case "function_call":
      added({ arguments: "" });
      sendText("function_call_arguments", "arguments", asText(item.arguments) ?? "", { at, send });
      break;
    case "custom_tool_call":
      added({ input: "" });
      sendText("custom_tool_call_input", "input", asText(item.input) ?? "", { at, send });
      break;
    default:
      added({});
  }
  send("response.output_item.done", { output_index, item });
}

function sendSummary(part: Json, at: Json, send: Send): void {
  send("response.reasoning_summary_part.added", { ...at, part: { ...part, text: "" } });
  sendText("reasoning_summary_text", "text", asText(part.text) ?? "", { at, send });
  send("response.reasoning_summary_part.done", { ...at, part });
}

/** A part of a message, or of a thought that is told in the open. */
function sendContent(part: Json, at: Json, send: Send): void {
  const { type, logprobs } = part;
  if (type === "refusal") {
    send("response.content_part.added", { ...at, part: { ...part, refusal: "" } });
    sendText("refusal", "refusal", asText(part.refusal) ?? "", { at, send });
  } else {
    const none = { text: "", ...("annotations" in part && { annotations: [] }), ...(logprobs ? { logprobs: [] } : {}) };
    send("response.content_part.added", { ...at, part: { ...part, ...none } });
    const beside = type === "output_text" ? { logprobs: logprobs ?? [] } : {};
    sendText(String(type), "text", asText(part.text) ?? "", { at, send, beside });
    for (const [annotation_index, annotation] of asObjects(part.annotations).entries()) {
      send("response.output_text.annotation.added", { ...at, annotation_index, annotation });
    }
  }
  send("response.content_part.done", { ...at, part });
}

interface Sending {
  readonly at: Json;
  readonly send: Send;
  readonly beside?: Json;
}

/** A text in one piece, and that it is over. */
function sendText(kind: string, name: string, text: string, { at, send, beside = {} }: Sending): void {
  if (text !== "") send(`response.${kind}.delta`, { ...at, delta: text, ...beside });
  send(`response.${kind}.done`, { ...at, [name]: text, ...beside });
}
