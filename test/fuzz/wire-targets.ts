import { createFrameReader } from "../../mint-server/wire/bedrock/frames.ts";
import { FieldError } from "../../mint-server/wire/read.ts";
import { checkSupport } from "../../mint-server/wire/support.ts";
import { createTranslation } from "../../mint-server/wire/translation.ts";
import { asTold } from "../wire/support/collect.ts";
import { ALL_WIRES, type ChatSchema, type SpokenWire, schemas, wires } from "../wire/support/formats.ts";
import { chatRequest, createStamp } from "../wire/support/samples.ts";
import { STREAMS } from "../wire/support/streams.ts";
import { type FuzzTarget, isObject, jsonIn, jsonSeeds, sizeOf, textOf } from "./target.ts";

const TOOL = {
  name: "weather",
  description: "d",
  parameters: { type: "object", properties: { city: { type: "string" } } },
};
const PNG = "data:image/png;base64,iVBORw0KGgo=";

const REQUESTS: Readonly<Record<ChatSchema, readonly object[]>> = {
  chat: [
    {
      messages: [
        { role: "system", content: "S" },
        {
          role: "user",
          content: [
            { type: "text", text: "T" },
            { type: "image_url", image_url: { url: PNG } },
          ],
        },
        {
          role: "assistant",
          tool_calls: [{ id: "c", type: "function", function: { name: "weather", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c", content: "sun" },
      ],
      tools: [{ type: "function", function: TOOL }],
      tool_choice: "auto",
      response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" } } },
      temperature: 0.5,
      max_tokens: 9,
      stop: ["a"],
    },
  ],
  completions: [{ prompt: "P", max_tokens: 3, stop: "x", temperature: 1 }],
  responses: [
    {
      instructions: "I",
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "T" },
            { type: "input_image", image_url: PNG },
          ],
        },
        { type: "function_call", call_id: "c", name: "weather", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "sun" },
      ],
      tools: [{ type: "function", ...TOOL }],
      reasoning: { effort: "low" },
    },
  ],
  anthropic: [
    {
      max_tokens: 9,
      system: [{ type: "text", text: "S" }],
      messages: [
        { role: "user", content: [{ type: "text", text: "T" }] },
        { role: "assistant", content: [{ type: "tool_use", id: "c", name: "weather", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c", content: "sun" }] },
      ],
      tools: [{ name: "weather", input_schema: TOOL.parameters }],
      thinking: { type: "enabled", budget_tokens: 1024 },
    },
  ],
  google: [
    {
      systemInstruction: { parts: [{ text: "S" }] },
      contents: [
        { role: "user", parts: [{ text: "T" }, { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }] },
        { role: "model", parts: [{ functionCall: { name: "weather", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "weather", response: { r: 1 } } }] },
      ],
      tools: [{ functionDeclarations: [TOOL] }],
      generationConfig: { temperature: 0, maxOutputTokens: 3 },
    },
  ],
};

/** What may be refused by naming its field; any other error is a fault. */
function unlessRefused(act: () => number): number {
  try {
    return act();
  } catch (error) {
    if (error instanceof FieldError) return error.message.length;
    throw error;
  }
}

const requestTargets = (Object.keys(REQUESTS) as ChatSchema[]).map(
  (schema): FuzzTarget => ({
    name: `request-${schema}`,
    seeds: jsonSeeds(...REQUESTS[schema]),
    run(input) {
      const body = jsonIn(input);
      if (!isObject(body)) return 0;
      return unlessRefused(() => {
        const request = schemas[schema].decodeRequest(body, { model: "m", stream: false, isArray: false });
        const sizes = ALL_WIRES.map((wire) =>
          unlessRefused(() => {
            checkSupport(request, wires[wire].support);
            return sizeOf(wires[wire].encodeRequest(request, {}));
          }),
        );
        return Math.max(...sizes);
      });
    },
  }),
);

const ANSWERS: Readonly<Record<SpokenWire, readonly object[]>> = {
  openai: [
    {
      id: "c",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "T",
            tool_calls: [{ id: "c", type: "function", function: { name: "weather", arguments: "{}" } }],
          },
          finish_reason: "tool_calls",
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 1 } },
    },
  ],
  responses: [
    {
      id: "r",
      status: "completed",
      output: [
        { type: "reasoning", id: "rs", summary: [{ type: "summary_text", text: "H" }], encrypted_content: "e" },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "T", annotations: [] }] },
        { type: "function_call", call_id: "c", name: "weather", arguments: "{}" },
      ],
      usage: { input_tokens: 1, output_tokens: 2 },
    },
  ],
  anthropic: [
    {
      id: "m",
      type: "message",
      content: [
        { type: "thinking", thinking: "H", signature: "s" },
        { type: "text", text: "T" },
        { type: "tool_use", id: "c", name: "weather", input: {} },
      ],
      stop_reason: "tool_use",
      usage: { input_tokens: 1, output_tokens: 2 },
    },
  ],
  google: [
    {
      candidates: [
        { content: { parts: [{ text: "T" }, { functionCall: { name: "w", args: {} } }] }, finishReason: "STOP" },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
    },
  ],
  bedrock: [
    {
      output: {
        message: { role: "assistant", content: [{ text: "T" }, { toolUse: { toolUseId: "c", name: "w", input: {} } }] },
      },
      stopReason: "tool_use",
      usage: { inputTokens: 1, outputTokens: 2 },
    },
  ],
};

const REQUEST = chatRequest({ model: "m", stream: false });

const answerTargets = ALL_WIRES.map(
  (wire): FuzzTarget => ({
    name: `answer-${wire}`,
    readings: 2,
    seeds: [
      ...jsonSeeds(...ANSWERS[wire]),
      ...jsonSeeds({ error: { message: "No", type: "t", code: "c" }, message: "No" }),
    ],
    run(input) {
      wires[wire].decodeError(textOf(input));
      const answer = wires[wire].decodeAnswer(jsonIn(input), REQUEST);
      if (!answer) return 0;
      const sizes = Object.values(schemas).map((schema) => sizeOf(schema.encodeAnswer(answer, REQUEST, createStamp())));
      return Math.max(...sizes);
    },
  }),
);

const streamTargets = ALL_WIRES.map((wire): FuzzTarget => {
  const streams = STREAMS.filter((stream) => stream.wire === wire);
  return {
    name: `stream-${wire}`,
    readings: Object.keys(schemas).length,
    seeds: streams.map(({ pieces }) => Buffer.concat(pieces)),
    run(input) {
      const sizes = Object.values(schemas).map((schema) => {
        const request = chatRequest({ model: "m", stream: true });
        const translation = createTranslation({
          framing: wires[wire].framing,
          decoder: wires[wire].createStreamDecoder(request),
          encoder: schema.createStreamEncoder(request, createStamp()),
          clean: asTold,
        });
        let size = 0;
        for (let at = 0; at < input.length; at += 97) size += translation.feed(input.subarray(at, at + 97)).length;
        return size + translation.end().length;
      });
      return Math.max(...sizes);
    },
  };
});

const frames: FuzzTarget = {
  name: "bedrock-frames",
  readings: 2,
  seeds: STREAMS.filter(({ wire }) => wire === "bedrock").map(({ pieces }) => Buffer.concat(pieces)),
  run(input) {
    const read = (step: number): string => {
      let events = "";
      const reader = createFrameReader((event) => {
        events += JSON.stringify(event);
      });
      for (let at = 0; at < input.length; at += step) reader.feed(input.subarray(at, at + step));
      return events;
    };
    const whole = read(Number.MAX_SAFE_INTEGER);
    if (read(13) !== whole) throw new Error("frames differ by how their bytes are split");
    return whole.length;
  },
};

export const WIRE_TARGETS: readonly FuzzTarget[] = [...requestTargets, ...answerTargets, ...streamTargets, frames];
