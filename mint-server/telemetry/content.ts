import type { RoutedRequest } from "../ask-model.ts";
import type { Message, Part } from "../wire/chat-request.ts";
import { type ChatSchema, SCHEMAS } from "../wire/formats.ts";
import type { RequestRecord } from "./record.ts";

const CHAT_SCHEMAS: ReadonlySet<string> = new Set<ChatSchema>([
  "chat",
  "completions",
  "responses",
  "anthropic",
  "google",
]);
/** Longest messages that are exported, in characters. */
const MAX_LENGTH = 64 * 1024;

/** A conversation's content as OpenTelemetry writes it, for organisations that want it; nothing of what is too long or no conversation. */
export async function messagesOf(
  { request }: RoutedRequest,
  said = "",
): Promise<NonNullable<RequestRecord["content"]> | undefined> {
  const { endpoint, body, model, stream, isArray } = request;
  if (!CHAT_SCHEMAS.has(endpoint.schema)) return undefined;
  const input = await readInput();
  const output = said === "" ? undefined : JSON.stringify([{ role: "assistant", parts: [text(said)] }]);
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };

  async function readInput(): Promise<string | undefined> {
    try {
      const schema = await SCHEMAS[endpoint.schema as ChatSchema]();
      const { messages } = schema.decodeRequest(body, { model, stream, isArray });
      const written = JSON.stringify(messages.map(writeMessage));
      return written.length > MAX_LENGTH ? undefined : written;
    } catch {
      // What passes to a provider of its own schema need not be what we can read.
      return undefined;
    }
  }
}

function writeMessage({ role, parts }: Message) {
  return { role, parts: parts.map(writePart) };
}

function text(content: string) {
  return { type: "text", content };
}

/** Media and documents by their kind alone. */
function writePart(part: Part) {
  switch (part.kind) {
    case "text":
    case "refusal":
      return text(part.text);
    case "reasoning":
      return { type: "reasoning", content: part.text };
    default:
      return { type: part.kind };
  }
}
