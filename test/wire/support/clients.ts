import type {
  Message,
  MessageCreateParams,
  RawMessageStreamEvent,
  ToolUseBlock,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type { Content, Part } from "@google/genai";
import { createParser } from "eventsource-parser";
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParams,
  ChatCompletionMessage,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type {
  Response,
  ResponseCreateParams,
  ResponseFunctionToolCall,
  ResponseInputItem,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import type { ChatSchema } from "./formats.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a schema's clients do with what they get. */
export interface Client {
  /** The whole answer that a stream's events make, as the schema's SDK puts it together. */
  gather(text: string): Json;
  /** The next request: the one before, its answer, results of the answer's calls in their order, and more words of the user. */
  goOn(body: Json, answer: Json, next: Next): Json;
}

export interface Next {
  readonly results: readonly string[];
  readonly words: string;
}

export interface SentEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

/** The events of a stream's text. */
export function eventsIn(text: string): readonly SentEvent[] {
  const events: SentEvent[] = [];
  createParser({ onEvent: ({ event, data }) => events.push({ event, data }) }).feed(text);
  return events;
}

function bodiesIn<T>(text: string): readonly T[] {
  return eventsIn(text).flatMap(({ data }) => (data === "[DONE]" ? [] : [JSON.parse(data) as T]));
}

const chat: Client = {
  gather(text) {
    const chunks = bodiesIn<ChatCompletionChunk>(text);
    const choices: ChatCompletion.Choice[] = [];
    for (const step of chunks.flatMap((chunk) => chunk.choices)) {
      const { index, delta, finish_reason, logprobs } = step;
      const message: ChatCompletionMessage = { role: "assistant", content: null, refusal: null };
      const known = choices[index] ?? { index, message, logprobs: null, finish_reason: "stop" };
      choices[index] = known;
      addChatDelta(known.message, delta);
      if (logprobs) {
        const content = [...(known.logprobs?.content ?? []), ...(logprobs.content ?? [])];
        known.logprobs = { content, refusal: null };
      }
      if (finish_reason) known.finish_reason = finish_reason;
    }
    const [head] = chunks;
    const usage = chunks.findLast((chunk) => chunk.usage)?.usage;
    return { ...head, object: "chat.completion", choices, usage };
  },
  // Most clients keep no more of an answer than its content and calls.
  goOn(body, answer, { results, words }) {
    const { messages } = body as unknown as ChatCompletionCreateParams;
    const { content = null, tool_calls = [] } = (answer as unknown as ChatCompletion).choices[0]?.message ?? {};
    const said: ChatCompletionMessageParam = { role: "assistant", content };
    if (tool_calls.length > 0) said.tool_calls = tool_calls;
    const told = results.map(
      (text, at): ChatCompletionMessageParam => ({
        role: "tool",
        tool_call_id: tool_calls[at]?.id ?? "",
        content: text,
      }),
    );
    return { ...body, messages: [...messages, said, ...told, { role: "user", content: words }] };
  },
};

type ChatDelta = ChatCompletionChunk.Choice.Delta & { readonly reasoning_content?: string };
type ChatMessage = ChatCompletionMessage & { reasoning_content?: string };

function addChatDelta(message: ChatMessage, { tool_calls = [], ...delta }: ChatDelta): void {
  if (delta.content) message.content = (message.content ?? "") + delta.content;
  if (delta.refusal) message.refusal = (message.refusal ?? "") + delta.refusal;
  if (delta.reasoning_content) message.reasoning_content = (message.reasoning_content ?? "") + delta.reasoning_content;
  for (const { index, id, function: called } of tool_calls) {
    const calls = (message.tool_calls ?? []) as ChatCompletionMessageFunctionToolCall[];
    message.tool_calls = calls;
    const call = calls[index] ?? { id: id ?? "", type: "function", function: { name: "", arguments: "" } };
    calls[index] = call;
    call.function.name += called?.name ?? "";
    call.function.arguments += called?.arguments ?? "";
  }
}

const responses: Client = {
  gather(text) {
    const last = bodiesIn<ResponseStreamEvent>(text).at(-1);
    if (last?.type !== "response.completed" && last?.type !== "response.incomplete")
      throw new Error(`a stream ended with ${last?.type}`);
    return last.response as unknown as Json;
  },
  goOn(body, answer, { results, words }) {
    const { input = [] } = body as ResponseCreateParams;
    const { output } = answer as unknown as Response;
    const calls = output.filter((item): item is ResponseFunctionToolCall => item.type === "function_call");
    const before: ResponseInputItem[] = typeof input === "string" ? [{ role: "user", content: input }] : input;
    return {
      ...body,
      input: [
        ...before,
        ...output,
        ...results.map((text, at) => ({
          type: "function_call_output",
          call_id: calls[at]?.call_id ?? "",
          output: text,
        })),
        { role: "user", content: words },
      ],
    };
  },
};

const anthropic: Client = {
  gather(text) {
    const inputs = new Map<number, string>();
    let message: Message | undefined;
    for (const event of bodiesIn<RawMessageStreamEvent>(text)) {
      if (event.type === "message_start") message = event.message;
      else if (!message) throw new Error("a stream began in its middle");
      else if (event.type === "content_block_start") message.content[event.index] = { ...event.content_block };
      else if (event.type === "content_block_delta") addAnthropicDelta(message, event, inputs);
      else if (event.type === "message_delta")
        Object.assign(message, event.delta, { usage: { ...message.usage, ...event.usage } });
    }
    for (const [index, input] of inputs) (message?.content[index] as ToolUseBlock).input = JSON.parse(input);
    return { ...message };
  },
  goOn(body, answer, { results, words }) {
    const { messages } = body as unknown as MessageCreateParams;
    const { content } = answer as unknown as Message;
    const calls = content.filter((block) => block.type === "tool_use");
    return {
      ...body,
      messages: [
        ...messages,
        { role: "assistant", content },
        {
          role: "user",
          content: [
            ...results.map((text, at) => ({ type: "tool_result", tool_use_id: calls[at]?.id, content: text })),
            { type: "text", text: words },
          ],
        },
      ],
    };
  },
};

function addAnthropicDelta(
  { content }: Message,
  { index, delta }: Extract<RawMessageStreamEvent, { type: "content_block_delta" }>,
  inputs: Map<number, string>,
): void {
  const block = content[index];
  if (delta.type === "input_json_delta") inputs.set(index, (inputs.get(index) ?? "") + delta.partial_json);
  else if (delta.type === "text_delta" && block?.type === "text") block.text += delta.text;
  else if (delta.type === "thinking_delta" && block?.type === "thinking") block.thinking += delta.thinking;
  else if (delta.type === "signature_delta" && block?.type === "thinking") block.signature = delta.signature;
  else if (delta.type === "citations_delta" && block?.type === "text")
    block.citations = [...(block.citations ?? []), delta.citation];
  else throw new Error(`a ${delta.type} came for a ${block?.type}`);
}

/** A chunk or a whole answer of Gemini's, as it is on the wire. */
interface GeminiBody {
  readonly candidates?: readonly { readonly index?: number; readonly content?: Content }[];
  readonly usageMetadata?: object;
}

const google: Client = {
  gather(text) {
    const chunks = bodiesIn<GeminiBody>(text);
    const candidates: { content: { role: string; parts: Part[] } }[] = [];
    for (const { index = 0, content, ...rest } of chunks.flatMap((chunk) => chunk.candidates ?? [])) {
      const empty: Part[] = [];
      const known = candidates[index] ?? { index, content: { role: "model", parts: empty } };
      candidates[index] = Object.assign(known, rest);
      const parts = content?.parts ?? [];
      known.content.parts.push(...parts.filter((part) => part.text !== "" || part.thoughtSignature));
    }
    const usageMetadata = chunks.findLast((chunk) => chunk.usageMetadata)?.usageMetadata;
    return { ...chunks[0], candidates, usageMetadata };
  },
  goOn(body, answer, { results, words }) {
    const { contents } = body as { readonly contents: readonly Content[] };
    const content = (answer as GeminiBody).candidates?.[0]?.content;
    const calls = content?.parts?.flatMap((part) => part.functionCall ?? []) ?? [];
    const told = results.map((output, at) => {
      const { id = "", name = "" } = calls[at] ?? {};
      return { functionResponse: { id, name, response: { output } } };
    });
    return { ...body, contents: [...contents, content, { role: "user", parts: [...told, { text: words }] }] };
  },
};

export const CLIENTS: Readonly<Record<Exclude<ChatSchema, "completions">, Client>> = {
  chat,
  responses,
  anthropic,
  google,
};
