import {
  ApiError,
  type Content,
  type GenerateContentConfig,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
} from "@google/genai";
import { type Answer, type Ask, below, type Client, type Ear } from "./client.ts";
import { WEATHER } from "./weather.ts";

const errors = { 400: "ApiError", 401: "ApiError", 429: "ApiError", stream: "ApiError" } as const;

function readError(error: unknown) {
  if (!(error instanceof ApiError)) return undefined;
  return { type: error.name, status: error.status, message: error.message };
}

/** `models.generateContent` and `generateContentStream`, with a history of the caller's own. */
export const googleModels: Client = {
  name: "@google/genai models",
  errors,
  readError,
  async talk(ask, ear) {
    const { models } = genaiOf(ask);
    const contents = contentsOf(ask);
    const send: Send = async (parts) => {
      contents.push({ role: "user", parts: [...parts] });
      const request = { model: ask.model, contents, config: configOf(ask, ear) };
      const heard = await hear(
        ask.stream ? await models.generateContentStream(request) : [await models.generateContent(request)],
        ear,
      );
      contents.push({ role: "model", parts: [...heard.parts] });
      return heard;
    };
    return converse(send, ask, ear, contents.pop()?.parts ?? []);
  },
};

/** `chats`, which keep the history themselves. */
export const googleChats: Client = {
  name: "@google/genai chats",
  errors,
  readError,
  async talk(ask, ear) {
    const contents = contentsOf(ask);
    const last = contents.pop()?.parts ?? [];
    const chat = genaiOf(ask).chats.create({ model: ask.model, history: contents, config: configOf(ask, ear) });
    const send: Send = async (parts) => {
      const message = { message: [...parts] };
      return hear(ask.stream ? await chat.sendMessageStream(message) : [await chat.sendMessage(message)], ear);
    };
    return converse(send, ask, ear, last);
  },
};

export function genaiOf({ apiKey, baseURL }: Pick<Ask, "apiKey" | "baseURL">): GoogleGenAI {
  const baseUrl = below(baseURL, "/google");
  return new GoogleGenAI({ apiKey, ...(baseUrl && { httpOptions: { baseUrl } }) });
}

function contentsOf({ turns, image, pdf }: Ask): Content[] {
  const contents = turns.map(({ role, text }) => ({
    role: role === "user" ? "user" : "model",
    parts: [{ text }] as Part[],
  }));
  const last = contents.at(-1)?.parts;
  if (image) last?.push({ inlineData: { mimeType: "image/png", data: image } });
  if (pdf) last?.push({ inlineData: { mimeType: "application/pdf", data: pdf } });
  return contents;
}

function configOf({ system, tool, schema, think }: Ask, { signal }: Ear): GenerateContentConfig {
  const { name, description, parameters } = WEATHER;
  return {
    abortSignal: signal,
    ...(system !== undefined && { systemInstruction: system }),
    ...(tool !== undefined && {
      tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }],
    }),
    ...(schema && { responseMimeType: "application/json", responseJsonSchema: schema }),
    ...(think && { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } }),
  };
}

/** An answer: all parts that came, and the last event. */
interface Heard {
  readonly parts: readonly Part[];
  readonly last: GenerateContentResponse | undefined;
}
type Send = (parts: readonly Part[]) => Promise<Heard>;

async function hear(
  events: AsyncIterable<GenerateContentResponse> | Iterable<GenerateContentResponse>,
  ear: Ear,
): Promise<Heard> {
  const parts: Part[] = [];
  let last: GenerateContentResponse | undefined;
  for await (const event of events) {
    last = event;
    for (const part of event.candidates?.[0]?.content?.parts ?? []) {
      parts.push(part);
      if (part.thought) ear.thought(part.text ?? "");
      else ear.text(part.text ?? "");
    }
  }
  return { parts, last };
}

/** Asks until the model calls no more tools, and says what is to be said then. */
async function converse(send: Send, ask: Ask, ear: Ear, first: readonly Part[]): Promise<Answer> {
  let heard = await send(first);
  let then = ask.then;
  for (;;) {
    const calls = heard.parts.flatMap(({ functionCall }) => (functionCall ? [functionCall] : []));
    if (calls.length > 0) {
      heard = await send(
        calls.map(({ id = "", name = "", args }) => {
          const output = ear.call({ id, name, input: args });
          return { functionResponse: { ...(id && { id }), name, response: { output } } };
        }),
      );
    } else if (then !== undefined) {
      heard = await send([{ text: then }]);
      then = undefined;
    } else {
      return answerOf(heard, ask);
    }
  }
}

function answerOf({ parts, last }: Heard, { schema }: Ask): Answer {
  const text = parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("");
  const usage = last?.usageMetadata;
  return {
    text,
    object: schema && JSON.parse(text),
    usage: usage && {
      input: usage.promptTokenCount,
      // Gemini counts thoughts beside the answer.
      output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      cached: usage.cachedContentTokenCount,
      reasoning: usage.thoughtsTokenCount,
    },
  };
}
