import { asObject, asObjects, asText, isObject, type Json } from "../read.ts";

/** What is counted until the end, and told there. */
const COUNTED = [
  "input_tokens",
  "output_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens_details",
  "server_tool_use",
];
/** What is known at the end only. */
const AT_THE_END = ["container", "stop_reason", "stop_sequence", "stop_details"];

/** The events in which a message might have come; `undefined` if it is none. */
export function splitMessage(message: Json): string | undefined {
  const { content, usage: total, context_management } = message;
  if (!Array.isArray(content) || !asText(message.stop_reason)) return undefined;
  const usage = asObject(total);
  const none = Object.fromEntries(AT_THE_END.flatMap((name) => (name in message ? [[name, null]] : [])));
  const begun = {
    ...message,
    ...none,
    content: [],
    // Some clients add what is said here to what is said at the end.
    ...(usage && { usage: { ...usage, output_tokens: 0, ...("output_tokens_details" in usage && NO_DETAILS) } }),
  };
  const events: Json[] = [
    { type: "message_start", message: begun },
    ...asObjects(content).flatMap(blockEvents),
    {
      type: "message_delta",
      delta: pick(message, AT_THE_END),
      usage: pick(usage ?? {}, COUNTED),
      ...(context_management !== undefined && { context_management }),
    },
    { type: "message_stop" },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

const NO_DETAILS = { output_tokens_details: null };

function blockEvents(block: Json, index: number): Json[] {
  const { begun, deltas } = splitBlock(block);
  return [
    { type: "content_block_start", index, content_block: begun },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

/** A block that is not told in pieces is in its beginning as it is. */
function splitBlock(block: Json): { readonly begun: Json; readonly deltas: readonly Json[] } {
  const { text, thinking, signature, citations, input } = block;
  if (block.type === "text") {
    const cited = asObjects(citations).map((citation) => ({ type: "citations_delta", citation }));
    return {
      begun: { ...block, text: "", ...(cited.length > 0 && { citations: [] }) },
      deltas: [...(text === "" ? [] : [{ type: "text_delta", text }]), ...cited],
    };
  }
  if (block.type === "thinking") {
    const deltas = [
      { type: "thinking_delta", thinking },
      { type: "signature_delta", signature },
    ];
    return { begun: { ...block, thinking: "", signature: "" }, deltas: deltas.filter((delta) => isSaid(delta)) };
  }
  // Tools of the caller's, of the provider's and of a server of theirs.
  if (!isObject(input) || Object.keys(input).length === 0) return { begun: block, deltas: [] };
  const partial_json = JSON.stringify(input);
  return { begun: { ...block, input: {} }, deltas: [{ type: "input_json_delta", partial_json }] };
}

function isSaid({ thinking, signature }: Json): boolean {
  return Boolean(thinking || signature);
}

function pick(from: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]]] : [])));
}
