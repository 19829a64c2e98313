import type OpenAI from "openai";
import type { ParsedResponse, ResponseInputContent, ResponseInputItem } from "openai/resources/responses/responses";
import type { Answer, Ask, Client, Ear } from "./client.ts";
import { openaiErrors, openaiOf, readOpenAIError } from "./openai-chat.ts";
import { WEATHER } from "./weather.ts";

export const openaiResponses: Client = {
  name: "openai responses",
  errors: openaiErrors,
  readError: readOpenAIError,
  async talk(ask, ear) {
    const openai = openaiOf(ask);
    const input = inputOf(ask);
    const answer = await converse(openai, ask, ear, input);
    if (ask.then === undefined) return answer;
    input.push({ role: "user", content: ask.then });
    return converse(openai, ask, ear, input);
  },
};

function inputOf({ turns, image, pdf }: Ask): ResponseInputItem[] {
  const said = turns.map(({ role, text }): ResponseInputItem => ({ role, content: text }));
  const shown: ResponseInputContent[] = [
    ...(image
      ? [{ type: "input_image" as const, detail: "auto" as const, image_url: `data:image/png;base64,${image}` }]
      : []),
    ...(pdf
      ? [{ type: "input_file" as const, filename: "report.pdf", file_data: `data:application/pdf;base64,${pdf}` }]
      : []),
  ];
  const text = turns.at(-1)?.text ?? "";
  if (shown.length > 0) said.splice(-1, 1, { role: "user", content: [{ type: "input_text", text }, ...shown] });
  return said;
}

/** Asks until the model calls no more tools. */
async function converse(openai: OpenAI, ask: Ask, ear: Ear, input: ResponseInputItem[]): Promise<Answer> {
  for (;;) {
    const response = await respond(openai, ask, ear, input);
    input.push(...(response.output as ResponseInputItem[]));
    const calls = response.output.filter((item) => item.type === "function_call");
    for (const { call_id, name, arguments: text } of calls) {
      const output = ear.call({ id: call_id, name, input: JSON.parse(text) });
      input.push({ type: "function_call_output", call_id, output });
    }
    if (calls.length === 0) return answerOf(response);
  }
}

async function respond(
  openai: OpenAI,
  { model, stream, system, tool, schema, think }: Ask,
  ear: Ear,
  input: readonly ResponseInputItem[],
): Promise<ParsedResponse<unknown>> {
  const body = {
    model,
    input: [...input],
    store: false,
    ...(system !== undefined && { instructions: system }),
    ...(tool !== undefined && {
      tools: [{ type: "function" as const, ...WEATHER, parameters: { ...WEATHER.parameters }, strict: true }],
    }),
    ...(schema && {
      text: { format: { type: "json_schema" as const, name: "report", schema: { ...schema }, strict: true } },
    }),
    ...(think && {
      reasoning: { effort: "medium" as const, summary: "auto" as const },
      include: ["reasoning.encrypted_content" as const],
    }),
  };
  const { signal } = ear;
  if (stream) {
    const streaming = openai.responses.stream(body, { signal });
    streaming.on("response.output_text.delta", ({ delta }) => ear.text(delta));
    streaming.on("response.reasoning_summary_text.delta", ({ delta }) => ear.thought(delta));
    return streaming.finalResponse();
  }
  const response = await openai.responses.parse(body, { signal });
  for (const item of response.output) {
    if (item.type === "reasoning") ear.thought(item.summary.map(({ text }) => text).join(""));
  }
  return response;
}

function answerOf({ output_text, output_parsed, usage }: ParsedResponse<unknown>): Answer {
  return {
    text: output_text,
    object: output_parsed ?? undefined,
    usage: usage && {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.input_tokens_details.cached_tokens,
      reasoning: usage.output_tokens_details.reasoning_tokens,
    },
  };
}
