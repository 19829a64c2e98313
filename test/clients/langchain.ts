import { ChatAnthropic } from "@langchain/anthropic";
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  type ContentBlock,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { type Answer, type Ask, below, type Client, type ClientError, type Ear } from "./client.ts";
import { WEATHER } from "./weather.ts";

type Model = ChatOpenAI | ChatAnthropic;

const langchain = (name: string, make: (ask: Ask) => Model): Client => ({
  name,
  errors: {
    400: "BadRequestError",
    401: "AuthenticationError MODEL_AUTHENTICATION",
    429: "RateLimitError MODEL_RATE_LIMIT",
    stream: "APIError",
  },
  readError,
  async talk(ask, ear) {
    const model = make(ask);
    const messages = messagesOf(ask);
    if (ask.schema) return structured(model, ask, ear, messages);
    const answer = await converse(model, ask, ear, messages);
    if (ask.then === undefined) return answer;
    messages.push(new HumanMessage(ask.then));
    return converse(model, ask, ear, messages);
  },
});

export const langchainOpenAI: Client = langchain("LangChain ChatOpenAI", (ask) => chatOpenAI(ask));
export const langchainResponses: Client = langchain("LangChain ChatOpenAI, Responses", (ask) => chatOpenAI(ask, true));
export const langchainAnthropic: Client = langchain("LangChain ChatAnthropic", ({ model, apiKey, baseURL, think }) => {
  const anthropicApiUrl = below(baseURL, "/anthropic");
  return new ChatAnthropic({
    model,
    apiKey,
    maxRetries: 0,
    maxTokens: 4096,
    clientOptions: { dangerouslyAllowBrowser: true },
    ...(anthropicApiUrl && { anthropicApiUrl }),
    ...(think && { thinking: { type: "enabled", budget_tokens: 2048 } }),
  });
});

function chatOpenAI({ model, apiKey, baseURL, think }: Ask, useResponsesApi = false): ChatOpenAI {
  return new ChatOpenAI({
    model,
    apiKey,
    maxRetries: 0,
    useResponsesApi,
    configuration: { dangerouslyAllowBrowser: true, ...(baseURL && { baseURL }) },
    // A wish for a summary alone would make it speak Responses.
    ...(think && { reasoning: { effort: "medium", ...(useResponsesApi && { summary: "auto" }) } }),
    ...(useResponsesApi && { zdrEnabled: true, modelKwargs: { include: ["reasoning.encrypted_content"] } }),
  });
}

/** The errors are those of the client below, with a code of LangChain's own on some. */
function readError(error: unknown): ClientError | undefined {
  if (!(error instanceof Error) || !("status" in error) || !("requestID" in error)) return undefined;
  const { status, message } = error as Error & { status: number | undefined };
  const code = "lc_error_code" in error ? ` ${error.lc_error_code}` : "";
  return { type: error.constructor.name + code, status, message };
}

function messagesOf({ system, turns, image, pdf }: Ask): BaseMessage[] {
  const messages = turns.map(({ role, text }) => (role === "user" ? new HumanMessage(text) : new AIMessage(text)));
  const shown: ContentBlock.Multimodal.Standard[] = [
    ...(image ? [{ type: "image" as const, mimeType: "image/png", data: image }] : []),
    ...(pdf
      ? [{ type: "file" as const, mimeType: "application/pdf", data: pdf, metadata: { filename: "report.pdf" } }]
      : []),
  ];
  const text = turns.at(-1)?.text ?? "";
  if (shown.length > 0) {
    messages.splice(-1, 1, new HumanMessage({ contentBlocks: [{ type: "text", text }, ...shown] }));
  }
  return system === undefined ? messages : [new SystemMessage(system), ...messages];
}

/** Asks until the model calls no more tools. */
async function converse(model: Model, ask: Ask, ear: Ear, messages: BaseMessage[]): Promise<Answer> {
  const { name, description, parameters } = WEATHER;
  const asked = ask.tool === undefined ? model : model.bindTools([{ name, description, schema: parameters }]);
  const { signal } = ear;
  for (;;) {
    const message = ask.stream
      ? await gather(await asked.stream(messages, { signal }), ear)
      : await asked.invoke(messages, { signal });
    ear.thought(thoughtIn(message));
    messages.push(message);
    const calls = message.tool_calls ?? [];
    for (const { id = "", name, args } of calls) {
      messages.push(new ToolMessage({ tool_call_id: id, name, content: ear.call({ id, name, input: args }) }));
    }
    if (calls.length === 0) return answerOf(message);
  }
}

async function gather(chunks: AsyncIterable<AIMessageChunk>, ear: Ear): Promise<AIMessageChunk> {
  let all: AIMessageChunk | undefined;
  for await (const chunk of chunks) {
    ear.text(chunk.text);
    all = all ? all.concat(chunk) : chunk;
  }
  return all ?? new AIMessageChunk("");
}

/** Chat Completions have no standard for thoughts: there they are a field of its own. */
function thoughtIn({ contentBlocks, additional_kwargs }: AIMessageChunk): string {
  const standard = contentBlocks.map((block) => (block.type === "reasoning" ? String(block.reasoning) : ""));
  return standard.join("") || String(additional_kwargs.reasoning_content ?? "");
}

async function structured(model: Model, ask: Ask, ear: Ear, messages: readonly BaseMessage[]): Promise<Answer> {
  const schema: Record<string, unknown> = { ...ask.schema };
  const { signal } = ear;
  if (!ask.stream) {
    const reader = model.withStructuredOutput(schema, { name: "report" });
    return { text: "", object: await reader.invoke([...messages], { signal }) };
  }
  // The other way, by a tool, `ChatAnthropic` cannot read from a stream.
  const reader = model.withStructuredOutput(schema, { name: "report", method: "jsonSchema" });
  let object: unknown;
  for await (const part of await reader.stream([...messages], { signal })) object = part;
  return { text: "", object };
}

function answerOf({ text, usage_metadata }: AIMessageChunk): Answer {
  const usage = usage_metadata as UsageMetadata | undefined;
  return {
    text,
    usage: usage && {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.input_token_details?.cache_read,
      reasoning: usage.output_token_details?.reasoning,
    },
  };
}
