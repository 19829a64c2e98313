import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import {
  AISDKError,
  APICallError,
  generateText,
  jsonSchema,
  type LanguageModel,
  type LanguageModelUsage,
  type ModelMessage,
  Output,
  stepCountIs,
  streamText,
  tool,
  type UserContent,
} from "ai";
import { type Answer, type Ask, below, type Client, type Ear } from "./client.ts";
import { WEATHER } from "./weather.ts";

// The library prints what a model does not support: the tests say what they expect of it.
globalThis.AI_SDK_LOG_WARNINGS = false;

/** What `think` is to each provider of the library. `forceReasoning`: whatever the model is called. */
const THINKING = {
  openai: { reasoningEffort: "medium", reasoningSummary: "auto", forceReasoning: true },
  anthropic: { thinking: { type: "enabled", budgetTokens: 2048 } },
} as const;

type Make = (ask: Ask) => LanguageModel;

const aiSdk = (name: string, make: Make): Client => ({
  name,
  errors: { 400: "AI_APICallError", 401: "AI_APICallError", 429: "AI_APICallError", stream: "AI_StreamProviderError" },
  readError(error) {
    if (!AISDKError.isInstance(error)) return undefined;
    const status = APICallError.isInstance(error) ? error.statusCode : undefined;
    return { type: error.name, status, message: error.message };
  },
  async talk(ask, ear) {
    const model = make(ask);
    const messages = messagesOf(ask);
    const { answer, added } = await converse(model, ask, ear, messages);
    if (ask.then === undefined) return answer;
    const more: ModelMessage[] = [...messages, ...added, { role: "user", content: ask.then }];
    return (await converse(model, ask, ear, more)).answer;
  },
});

/** What `openai(model)` is unless it is asked for something else. */
export const aiSdkOpenAI: Client = aiSdk("ai, @ai-sdk/openai", (ask) => openaiProvider(ask)(ask.model));
export const aiSdkOpenAIChat: Client = aiSdk("ai, @ai-sdk/openai .chat", (ask) => openaiProvider(ask).chat(ask.model));
export const aiSdkAnthropic: Client = aiSdk("ai, @ai-sdk/anthropic", ({ apiKey, baseURL, model }) => {
  const base = below(baseURL, "/anthropic/v1");
  return createAnthropic({ apiKey, ...(base && { baseURL: base }) })(model);
});

export function openaiProvider({ apiKey, baseURL }: Pick<Ask, "apiKey" | "baseURL">) {
  return createOpenAI({ apiKey, ...(baseURL && { baseURL }) });
}

function messagesOf({ turns, image, pdf }: Ask): ModelMessage[] {
  const messages = turns.map(({ role, text }): ModelMessage => ({ role, content: text }));
  const shown: Exclude<UserContent, string> = [
    ...(image ? [{ type: "file" as const, data: image, mediaType: "image/png" }] : []),
    ...(pdf ? [{ type: "file" as const, data: pdf, mediaType: "application/pdf", filename: "report.pdf" }] : []),
  ];
  const text = turns.at(-1)?.text ?? "";
  if (shown.length > 0) messages.splice(-1, 1, { role: "user", content: [{ type: "text", text }, ...shown] });
  return messages;
}

interface Conversed {
  readonly answer: Answer;
  readonly added: readonly ModelMessage[];
}

/** The library itself asks until the model calls no more tools. */
async function converse(model: LanguageModel, ask: Ask, ear: Ear, messages: ModelMessage[]): Promise<Conversed> {
  const { system, schema, think } = ask;
  const options = {
    model,
    messages,
    maxRetries: 0,
    maxOutputTokens: 4096,
    abortSignal: ear.signal,
    stopWhen: stepCountIs(5),
    ...(system !== undefined && { system }),
    ...(ask.tool !== undefined && { tools: { [WEATHER.name]: weatherFor(ear) } }),
    ...(think && { providerOptions: THINKING }),
    ...(schema && { output: Output.object({ name: "report", schema: jsonSchema(schema) }) }),
  };
  return ask.stream ? streamed(options, ask, ear) : whole(options, ask, ear);
}

function weatherFor(ear: Ear) {
  return tool({
    description: WEATHER.description,
    inputSchema: jsonSchema<unknown>(WEATHER.parameters),
    execute: (input, { toolCallId }) => ear.call({ id: toolCallId, name: WEATHER.name, input }),
  });
}

type Options = Parameters<typeof generateText>[0] & Parameters<typeof streamText>[0];

async function whole(options: Options, { schema }: Ask, ear: Ear): Promise<Conversed> {
  const result = await generateText(options);
  for (const { reasoningText } of result.steps) ear.thought(reasoningText ?? "");
  const object: unknown = schema && result.output;
  return { answer: { text: result.text, object, usage: tokensOf(result.usage) }, added: result.responseMessages };
}

async function streamed(options: Options, { schema }: Ask, ear: Ear): Promise<Conversed> {
  // The library prints errors of streams unless it is told who takes them.
  const result = streamText({ ...options, onError: () => {} });
  for await (const part of result.stream) {
    if (part.type === "text-delta") ear.text(part.text);
    else if (part.type === "reasoning-delta") ear.thought(part.text);
    else if (part.type === "error") throw part.error;
  }
  // Of a stream that its reader left nothing more will come.
  if (ear.signal.aborted) return { answer: { text: "" }, added: [] };
  const object: unknown = schema && (await result.output);
  const [text, usage, added] = await Promise.all([result.text, result.usage, result.responseMessages]);
  return { answer: { text, object, usage: tokensOf(usage) }, added };
}

function tokensOf({ inputTokens, outputTokens, inputTokenDetails, outputTokenDetails }: LanguageModelUsage) {
  return {
    input: inputTokens,
    output: outputTokens,
    cached: inputTokenDetails.cacheReadTokens,
    reasoning: outputTokenDetails.reasoningTokens,
  };
}
