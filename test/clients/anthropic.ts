import Anthropic from "@anthropic-ai/sdk";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import type { ContentBlockParam, MessageParam } from "@anthropic-ai/sdk/resources/messages/messages";
import { type Answer, type Ask, below, type Client, type Ear } from "./client.ts";
import { WEATHER } from "./weather.ts";

export const anthropicMessages: Client = {
  name: "@anthropic-ai/sdk messages",
  errors: {
    400: "BadRequestError",
    401: "AuthenticationError",
    429: "RateLimitError",
    stream: "APIError",
  },
  readError(error) {
    if (!(error instanceof Anthropic.APIError)) return undefined;
    return { type: error.constructor.name, status: error.status, message: error.message };
  },
  async talk(ask, ear) {
    const { apiKey } = ask;
    const baseURL = below(ask.baseURL, "/anthropic");
    const anthropic = new Anthropic({
      apiKey,
      maxRetries: 0,
      dangerouslyAllowBrowser: true,
      ...(baseURL && { baseURL }),
    });
    const messages = messagesOf(ask);
    const answer = await converse(anthropic, ask, ear, messages);
    if (ask.then === undefined) return answer;
    messages.push({ role: "user", content: ask.then });
    return converse(anthropic, ask, ear, messages);
  },
};

function messagesOf({ turns, image, pdf }: Ask): MessageParam[] {
  const said = turns.map(({ role, text }): MessageParam => ({ role, content: text }));
  const source = (media_type: "image/png" | "application/pdf", data: string) =>
    ({ type: "base64", media_type, data }) as never;
  const shown: ContentBlockParam[] = [
    ...(image ? [{ type: "image" as const, source: source("image/png", image) }] : []),
    ...(pdf ? [{ type: "document" as const, title: "report.pdf", source: source("application/pdf", pdf) }] : []),
  ];
  const text = turns.at(-1)?.text ?? "";
  if (shown.length > 0) said.splice(-1, 1, { role: "user", content: [...shown, { type: "text", text }] });
  return said;
}

/** Asks until the model calls no more tools. */
async function converse(anthropic: Anthropic, ask: Ask, ear: Ear, messages: MessageParam[]): Promise<Answer> {
  for (;;) {
    const message = await send(anthropic, ask, ear, messages);
    messages.push({ role: "assistant", content: message.content });
    const calls = message.content.filter((block) => block.type === "tool_use");
    if (calls.length === 0) return answerOf(message);
    const content = calls.map(({ id, name, input }) => ({
      type: "tool_result" as const,
      tool_use_id: id,
      content: ear.call({ id, name, input }),
    }));
    messages.push({ role: "user", content });
  }
}

type Parsed = Awaited<ReturnType<typeof send>>;

async function send(
  anthropic: Anthropic,
  { model, stream, system, tool, schema, think }: Ask,
  ear: Ear,
  messages: readonly MessageParam[],
) {
  const { name, description, parameters } = WEATHER;
  const body = {
    model,
    max_tokens: 4096,
    messages: [...messages],
    ...(system !== undefined && { system }),
    ...(tool !== undefined && { tools: [{ name, description, input_schema: { ...parameters } }] }),
    ...(schema && { output_config: { format: jsonSchemaOutputFormat(schema) } }),
    ...(think && { thinking: { type: "enabled" as const, budget_tokens: 2048 } }),
  };
  const { signal } = ear;
  if (stream) {
    const streaming = anthropic.messages.stream(body, { signal });
    streaming.on("text", (delta) => ear.text(delta));
    streaming.on("thinking", (delta) => ear.thought(delta));
    return streaming.finalMessage();
  }
  const message = await anthropic.messages.parse(body, { signal });
  for (const block of message.content) if (block.type === "thinking") ear.thought(block.thinking);
  return message;
}

function answerOf({ content, usage, parsed_output }: Parsed): Answer {
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    object: parsed_output ?? undefined,
    usage: {
      // Anthropic counts what came from the cache, or went into it, beside the input.
      input: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
      cached,
      reasoning: usage.output_tokens_details?.thinking_tokens,
    },
  };
}
