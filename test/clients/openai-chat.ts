import OpenAI from "openai";
import type {
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
  ParsedChatCompletion,
} from "openai/resources/chat/completions";
import { type Answer, type Ask, below, type Client, type Ear } from "./client.ts";
import { WEATHER } from "./weather.ts";

export const openaiErrors = {
  400: "BadRequestError",
  401: "AuthenticationError",
  429: "RateLimitError",
  stream: "APIError",
} as const;

export const openaiChat: Client = {
  name: "openai chat.completions",
  errors: openaiErrors,
  readError: readOpenAIError,
  async talk(ask, ear) {
    const openai = openaiOf(ask);
    const messages = messagesOf(ask);
    const answer = await converse(openai, ask, ear, messages);
    if (ask.then === undefined) return answer;
    messages.push({ role: "user", content: ask.then });
    return converse(openai, ask, ear, messages);
  },
};

export function openaiOf({ apiKey, baseURL }: Pick<Ask, "apiKey" | "baseURL">): OpenAI {
  const base = below(baseURL);
  return new OpenAI({ apiKey, maxRetries: 0, dangerouslyAllowBrowser: true, ...(base && { baseURL: base }) });
}

export function readOpenAIError(error: unknown) {
  if (!(error instanceof OpenAI.APIError)) return undefined;
  return { type: error.constructor.name, status: error.status as number | undefined, message: error.message };
}

function messagesOf({ system, turns, image, pdf }: Ask): ChatCompletionMessageParam[] {
  const said = turns.map(({ role, text }): ChatCompletionMessageParam => ({ role, content: text }));
  const shown: ChatCompletionContentPart[] = [
    ...(image ? [{ type: "image_url" as const, image_url: { url: `data:image/png;base64,${image}` } }] : []),
    ...(pdf
      ? [
          {
            type: "file" as const,
            file: { filename: "report.pdf", file_data: `data:application/pdf;base64,${pdf}` },
          },
        ]
      : []),
  ];
  const last = turns.at(-1)?.text ?? "";
  if (shown.length > 0) said.splice(-1, 1, { role: "user", content: [{ type: "text", text: last }, ...shown] });
  return system === undefined ? said : [{ role: "system", content: system }, ...said];
}

/** Asks until the model calls no more tools. */
async function converse(openai: OpenAI, ask: Ask, ear: Ear, messages: ChatCompletionMessageParam[]): Promise<Answer> {
  for (;;) {
    const completion = await complete(openai, ask, ear, messages);
    const message = completion.choices[0]?.message;
    if (!message) throw new Error("no choice");
    messages.push(message);
    const calls = message.tool_calls ?? [];
    for (const call of calls) {
      if (call.type !== "function") throw new Error(`a call of type ${call.type}`);
      const { id, function: called } = call;
      const content = ear.call({ id, name: called.name, input: JSON.parse(called.arguments) });
      messages.push({ role: "tool", tool_call_id: id, content });
    }
    if (calls.length === 0) return answerOf(completion);
  }
}

async function complete(
  openai: OpenAI,
  { model, stream, tool, schema, think }: Ask,
  ear: Ear,
  messages: readonly ChatCompletionMessageParam[],
): Promise<ParsedChatCompletion<unknown>> {
  const body = {
    model,
    messages: [...messages],
    ...(tool !== undefined && {
      tools: [
        { type: "function" as const, function: { ...WEATHER, parameters: { ...WEATHER.parameters }, strict: true } },
      ],
    }),
    ...(schema && {
      response_format: {
        type: "json_schema" as const,
        json_schema: { name: "report", schema: { ...schema }, strict: true },
      },
    }),
    ...(think && { reasoning_effort: "medium" as const }),
  };
  const { signal } = ear;
  if (!stream) {
    const completion = await openai.chat.completions.parse(body, { signal });
    ear.thought(thoughtIn(completion.choices[0]?.message));
    return completion;
  }
  const streaming = openai.chat.completions.stream({ ...body, stream_options: { include_usage: true } }, { signal });
  streaming.on("content.delta", ({ delta }) => ear.text(delta));
  streaming.on("chunk", ({ choices }) => ear.thought(thoughtIn(choices[0]?.delta)));
  return streaming.finalChatCompletion();
}

/** Where OpenAI-like APIs show thoughts; the library hands over fields that it does not know. */
function thoughtIn(message: object | undefined): string {
  const { reasoning_content } = (message ?? {}) as { reasoning_content?: string };
  return reasoning_content ?? "";
}

function answerOf({ choices, usage }: ParsedChatCompletion<unknown>): Answer {
  const message = choices[0]?.message;
  return {
    text: message?.content ?? "",
    object: message?.parsed ?? undefined,
    usage: usage && {
      input: usage.prompt_tokens,
      output: usage.completion_tokens,
      cached: usage.prompt_tokens_details?.cached_tokens,
      reasoning: usage.completion_tokens_details?.reasoning_tokens,
    },
  };
}
