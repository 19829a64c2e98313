import type { ConverseCommandInput } from "@aws-sdk/client-bedrock-runtime";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { bedrock } from "../../mint-server/wire/bedrock/format.ts";
import { createFrameReader } from "../../mint-server/wire/bedrock/frames.ts";
import type { ChatAnswer, StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest, Message, OutputFormat, Part, ReasoningWish } from "../../mint-server/wire/chat-request.ts";
import { FieldError } from "../../mint-server/wire/read.ts";
import { checkSupport } from "../../mint-server/wire/support.ts";
import type { WireEvent } from "../../mint-server/wire/wire-format.ts";
import { collect, decodeStream } from "./support/collect.ts";
import { converseAnswer, converseFrames, eventFrame, exceptionFrame, frame, joined } from "./support/converse.ts";
import { type ConverseRig, startConverse } from "./support/converse-client.ts";
import {
  assistant,
  CLOCK,
  call,
  chatRequest,
  image,
  PDF,
  PNG,
  pdf,
  result,
  say,
  user,
  WAV,
  WEATHER,
} from "./support/samples.ts";

const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const OPUS = "global.anthropic.claude-opus-4-8";
const OLD_CLAUDE = "anthropic.claude-3-5-sonnet-20241022-v2:0";
const NOVA = "us.amazon.nova-2-lite-v1:0";
const NOVA_1 = "amazon.nova-pro-v1:0";
const GPT_OSS = "openai.gpt-oss-120b-1:0";
const LLAMA = "us.meta.llama4-scout-17b-instruct-v1:0";

type Body = Omit<ConverseCommandInput, "modelId">;

function encoded(fields: Partial<ChatRequest>): Record<string, unknown> {
  return bedrock.encodeRequest(chatRequest({ model: CLAUDE, ...fields }), {});
}

function turns(...messages: readonly Message[]): unknown {
  return encoded({ messages, tools: [WEATHER, CLOCK] }).messages;
}

function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldError) return error.param;
    throw error;
  }
  throw new Error("nothing was refused");
}

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

describe("AWS's own client", () => {
  let rig: ConverseRig;
  beforeAll(async () => {
    rig = await startConverse();
  });
  afterAll(() => rig.stop());

  /** As the client takes it: bytes where JSON has base64. */
  const toInput = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(toInput);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([key, member]) => [
      key,
      (key === "bytes" || key === "redactedContent") && typeof member === "string" ? bytes(member) : toInput(member),
    ]);
    return Object.fromEntries(entries);
  };

  test("sends the same JSON for the same conversation", async () => {
    const signature = { by: "bedrock", value: "c2ln" };
    const mine = encoded({
      messages: [
        { role: "system", parts: [say("Be brief.")] },
        { role: "developer", parts: [{ kind: "text", text: "Speak German.", cache: {} }] },
        user(say("Which is it?"), image(), pdf()),
        assistant(
          { kind: "reasoning", text: "Hm.", signature },
          { kind: "reasoning", text: "", signature: { ...signature, redacted: true } },
          say("I will look."),
          call("toolu_1", "weather", { city: "Köln" }),
          call("toolu_2", "clock", { zone: "CET" }),
        ),
        user(result("toolu_1", say("sunny"), image()), {
          kind: "tool_result",
          callId: "toolu_2",
          parts: [say("no clock")],
          isError: true,
          at: "here",
        }),
      ],
      tools: [WEATHER, { ...CLOCK, cache: { ttl: "1h" } }],
      toolChoice: { kind: "function", name: "weather" },
      maxTokens: 300,
      temperature: 0.5,
      stop: ["END"],
      topK: 5,
      metadata: { team: "a" },
    });
    const input = {
      system: [{ text: "Be brief." }, { text: "Speak German." }, { cachePoint: { type: "default" } }],
      messages: [
        {
          role: "user",
          content: [
            { text: "Which is it?" },
            { image: { format: "png", source: { bytes: bytes(PNG) } } },
            { document: { format: "pdf", name: "report", source: { bytes: bytes(PDF) } } },
          ],
        },
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "Hm.", signature: "c2ln" } } },
            { reasoningContent: { redactedContent: bytes("c2ln") } },
            { text: "I will look." },
            { toolUse: { toolUseId: "toolu_1", name: "weather", input: { city: "Köln" } } },
            { toolUse: { toolUseId: "toolu_2", name: "clock", input: { zone: "CET" } } },
          ],
        },
        {
          role: "user",
          content: [
            {
              toolResult: {
                toolUseId: "toolu_1",
                content: [{ text: "sunny" }, { image: { format: "png", source: { bytes: bytes(PNG) } } }],
              },
            },
            { toolResult: { toolUseId: "toolu_2", content: [{ text: "no clock" }], status: "error" } },
          ],
        },
      ],
      inferenceConfig: { maxTokens: 300, temperature: 0.5, stopSequences: ["END"] },
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: "weather",
              description: "Tells the weather.",
              inputSchema: {
                json: {
                  type: "object",
                  properties: { city: { type: "string" } },
                  required: ["city"],
                  additionalProperties: false,
                },
              },
            },
          },
          {
            toolSpec: {
              name: "clock",
              description: "Tells the time.",
              inputSchema: {
                json: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
              },
            },
          },
          { cachePoint: { type: "default", ttl: "1h" } },
        ],
        toolChoice: { tool: { name: "weather" } },
      },
      additionalModelRequestFields: { top_k: 5 },
      requestMetadata: { team: "a" },
    } satisfies Body;
    expect(JSON.parse(JSON.stringify(mine))).toEqual(await rig.bodyOf(input));
  });

  const schema: OutputFormat = { kind: "schema", name: "n", schema: { type: "object", properties: { a: {} } } };
  test.each<[string, Partial<ChatRequest>]>([
    ["Claude that thinks", { reasoning: { budgetTokens: 2000 }, maxTokens: 9000 }],
    ["newer Claude at an effort", { model: OPUS, reasoning: { effort: "xhigh", show: true } }],
    ["Claude with a schema", { output: schema }],
    ["Nova that thinks", { model: NOVA, reasoning: { effort: "low" }, topK: 3 }],
    ["Nova with a schema", { model: NOVA, output: schema }],
    ["an open model with a schema", { model: GPT_OSS, output: schema, reasoning: { effort: "high" } }],
    ["Llama with a schema, in words", { model: LLAMA, output: schema }],
    ["a tier", { serviceTier: "priority" }],
    ["a recording", { messages: [user({ kind: "audio", source: wav("audio/x-wav"), at: "here" })] }],
    ["a text as a file", { messages: [user({ kind: "file", source: { kind: "text", text: "a,b" }, at: "here" })] }],
    ["no words", { toolChoice: { kind: "none" }, tools: [WEATHER] }],
  ])("knows every field that is sent for %s", async (_, fields) => {
    const body = encoded(fields);
    expect(await rig.bodyOf(toInput(body) as Body)).toEqual(JSON.parse(JSON.stringify(body)));
  });

  test("reads the test's own frames, and its answers", async () => {
    const answer = sample([say("Hi"), call("t1", "weather", { city: "Köln" })], "tool_calls");
    const { output, stopReason } = await rig.read(converseAnswer(answer));
    expect(stopReason).toBe("tool_use");
    expect(output?.message?.content?.[1]?.toolUse).toEqual({
      toolUseId: "t1",
      name: "weather",
      input: { city: "Köln" },
    });
    const events = await rig.readStream(joined(converseFrames(answer)));
    expect(events.at(0)).toEqual({ messageStart: { role: "assistant" } });
    expect(events.at(-1)?.metadata?.usage?.outputTokens).toBe(5);
    const broken = [eventFrame("messageStart", { role: "assistant" }), exceptionFrame("throttlingException", "slow")];
    await expect(rig.readStream(joined(broken))).rejects.toThrow("slow");
  });
});

function wav(mediaType: string) {
  return { kind: "base64", mediaType, data: WAV } as const;
}

describe("a conversation", () => {
  test("keeps later system messages where they stood, and merges neighbours of one role", () => {
    expect(
      turns(
        user(say("1")),
        { role: "system", parts: [say("Now in rhyme.")] },
        user(say("2")),
        assistant(say("3")),
        assistant(say("4")),
        { role: "developer", parts: [say("Stop.")] },
      ),
    ).toEqual([
      {
        role: "user",
        content: [{ text: "1" }, { text: "<system>\nNow in rhyme.\n</system>" }, { text: "2" }],
      },
      { role: "assistant", content: [{ text: "3" }, { text: "4" }] },
      { role: "user", content: [{ text: "<system>\nStop.\n</system>" }] },
    ]);
  });

  test("begins with the user, even where only the system or the assistant has spoken", () => {
    expect(encoded({ messages: [{ role: "system", parts: [say("Write a poem.")] }] })).toEqual({
      messages: [{ role: "user", content: [{ text: "Write a poem." }] }],
    });
    expect(turns(assistant(say("Hi")), user(say("Hello")))).toEqual([
      { role: "user", content: [{ text: "." }] },
      { role: "assistant", content: [{ text: "Hi" }] },
      { role: "user", content: [{ text: "Hello" }] },
    ]);
    expect(problemOf(() => turns(user(say(" "))))).toBe("messages");
  });

  test("puts results before the words of their turn", () => {
    const [, , turn] = turns(
      user(say("?")),
      assistant(call("t1", "weather", {})),
      { role: "system", parts: [say("Hurry.")] },
      user(result("t1", say("sunny"))),
    ) as { content: object[] }[];
    expect(turn?.content.map((block) => Object.keys(block)[0])).toEqual(["toolResult", "text"]);
  });

  test("sends no blank text", () => {
    expect(turns(user(say(""), say("Hi")), assistant(say("\n")), user(result("t1", say(""))))).toEqual([
      { role: "user", content: [{ toolResult: { toolUseId: "t1", content: [] } }, { text: "Hi" }] },
    ]);
  });

  test("gives every document a name of its own, and a text beside it", () => {
    const [first, , third] = turns(
      user(pdf("a.pdf"), pdf("A.pdf")),
      assistant(say("Read.")),
      user(result("t1", pdf("a.pdf")), pdf("x/ü  y.pdf")),
    ) as { content: Record<string, { name?: string; content?: { document: { name: string } }[] }>[] }[];
    expect(first?.content.map(({ document }) => document?.name)).toEqual(["a", "A (2)", undefined]);
    expect(first?.content.at(-1)).toEqual({ text: "." });
    expect(third?.content[0]?.toolResult?.content?.[0]?.document.name).toBe("a (3)");
    expect(third?.content[1]?.document?.name).toBe("x y");
  });

  test("makes ids that are too long or hold other letters into the same one in call and result", () => {
    const id = `call|${"x".repeat(80)}`;
    const [, asked, answered] = turns(
      user(say("?")),
      assistant(call(id, "weather", {})),
      user(result(id, say("sunny"))),
    ) as { content: [{ toolUse: { toolUseId: string } } & { toolResult: { toolUseId: string } }] }[];
    const { toolUseId } = asked?.content[0].toolUse ?? {};
    expect(toolUseId).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(answered?.content[0].toolResult.toolUseId).toBe(toolUseId);
  });

  test.each<[string, Part]>([
    ["an image elsewhere", { kind: "image", source: { kind: "url", url: "https://a.example/b.png" }, at: "x" }],
    ["an image of another type", { kind: "image", source: { ...wav("image/tiff") }, at: "x" }],
    ["a document elsewhere", { kind: "file", source: { kind: "uploaded", id: "file-1" }, at: "x" }],
    ["a recording elsewhere", { kind: "audio", source: { kind: "url", url: "https://a.example/b.wav" }, at: "x" }],
    ["a recording as a result", result("t", { kind: "audio", source: wav("audio/wav"), at: "y" })],
  ])("refuses %s by its place in the caller's body", (_, part) => {
    expect(["x", "here"]).toContain(problemOf(() => turns(user(say("?"), part))));
  });

  test("drops thoughts that are not its own, and arguments that are no object are refused", () => {
    const thought: Part = { kind: "reasoning", text: "Hm.", signature: { by: "anthropic", value: "s" } };
    expect(turns(user(say("?")), assistant(thought, { kind: "reasoning", text: "Ah." }))).toEqual([
      { role: "user", content: [{ text: "?" }] },
    ]);
    const broken: Part = { kind: "tool_call", id: "t", name: "weather", arguments: '{"a' };
    expect(problemOf(() => turns(user(say("?")), assistant(broken)))).toBe("messages");
    expect(JSON.stringify(turns(user(say("?")), assistant({ ...broken, arguments: "" })))).toContain('"input":{}');
  });

  test("marks where to keep the prompt for the models that are kept one for", () => {
    const messages = [user({ kind: "text", text: "Long.", cache: { ttl: "1h" } })];
    const tools = [{ ...WEATHER, cache: {} }];
    const marks = (model: string) => JSON.stringify(encoded({ model, messages, tools })).match(/"cachePoint":[^}]+}/g);
    expect(marks(CLAUDE)).toEqual(['"cachePoint":{"type":"default","ttl":"1h"}', '"cachePoint":{"type":"default"}']);
    expect(marks(NOVA)).toEqual(['"cachePoint":{"type":"default"}']);
    expect(marks(LLAMA)).toBeNull();
  });
});

describe("tools", () => {
  const spoken = [
    user(say("?")),
    assistant(call("t1", "weather", { city: "Köln" })),
    user(result("t1", say("sunny"), image())),
  ];

  test("tells of earlier calls in words where none may be made", () => {
    for (const fields of [{ tools: [WEATHER], toolChoice: { kind: "none" } as const }, { tools: [] }]) {
      const body = encoded({ ...fields, messages: spoken });
      expect(body.toolConfig).toBeUndefined();
      expect(body.messages).toEqual([
        { role: "user", content: [{ text: "?" }] },
        { role: "assistant", content: [{ text: '[Called weather with {"city":"Köln"}]' }] },
        {
          role: "user",
          content: [{ text: "[It answered: sunny]" }, { image: { format: "png", source: { bytes: PNG } } }],
        },
      ]);
    }
  });

  test.each([
    [{ kind: "auto" }, undefined],
    [{ kind: "required" }, { any: {} }],
    [{ kind: "function", name: "clock" }, { tool: { name: "clock" } }],
    [{ kind: "allowed", names: ["clock"], required: true }, { any: {} }],
    [{ kind: "allowed", names: ["clock"], required: false }, { auto: {} }],
  ] as const)("says how they may be used: %o", (toolChoice, expected) => {
    const { toolConfig } = encoded({ tools: [WEATHER, CLOCK], toolChoice }) as {
      toolConfig: { toolChoice?: object; tools: object[] };
    };
    expect(toolConfig.toolChoice).toEqual(expected);
    expect(toolConfig.tools).toHaveLength(toolChoice.kind === "allowed" ? 1 : 2);
  });

  test("refuses to force a model that decides for itself, and tools that run elsewhere", () => {
    const asked = new Map([["toolChoice", "tool_config"]] as const);
    const fields = { tools: [WEATHER], toolChoice: { kind: "required" }, asked } as const;
    expect(problemOf(() => encoded({ ...fields, model: LLAMA }))).toBe("tool_config");
    expect(problemOf(() => encoded({ tools: [{ kind: "hosted", type: "web_search", at: "tools[0]" }] }))).toBe(
      "tools[0]",
    );
  });

  test("refuses by name what it cannot do", () => {
    const asked = new Map([["singleToolCall", "parallel_tool_calls"]] as const);
    expect(problemOf(() => checkSupport(chatRequest({ asked }), bedrock.support))).toBe("parallel_tool_calls");
  });
});

describe("thinking", () => {
  test.each<[string, ReasoningWish, Partial<ChatRequest>, object]>([
    [
      CLAUDE,
      { effort: "high" },
      { temperature: 0.2 },
      {
        additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 16384 } },
        inferenceConfig: { maxTokens: 32000 },
      },
    ],
    [
      CLAUDE,
      { budgetTokens: 2000 },
      { maxTokens: 4000, topK: 3 },
      {
        additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2000 } },
        inferenceConfig: { maxTokens: 4000 },
      },
    ],
    [CLAUDE, { effort: "none" }, {}, { additionalModelRequestFields: { thinking: { type: "disabled" } } }],
    [
      OPUS,
      { effort: "xhigh", show: true },
      { maxTokens: 900, temperature: 1 },
      {
        additionalModelRequestFields: { thinking: { type: "adaptive", display: "summarized" } },
        outputConfig: { effort: "xhigh" },
        inferenceConfig: { maxTokens: 900 },
      },
    ],
    [
      NOVA,
      { effort: "max" },
      { temperature: 1 },
      { additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" } } },
    ],
    [
      NOVA,
      { effort: "max" },
      { maxTokens: 500, temperature: 1 },
      {
        additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" } },
        inferenceConfig: { maxTokens: 500, temperature: 1 },
      },
    ],
    [NOVA, { effort: "none" }, {}, { additionalModelRequestFields: { reasoningConfig: { type: "disabled" } } }],
    [GPT_OSS, { effort: "minimal" }, {}, { additionalModelRequestFields: { reasoning_effort: "low" } }],
    [GPT_OSS, { effort: "xhigh" }, {}, { additionalModelRequestFields: { reasoning_effort: "high" } }],
    [LLAMA, { effort: "none" }, {}, {}],
  ])("of %s asked for %o", (model, reasoning, fields, expected) => {
    const { messages: _, ...rest } = encoded({ model, reasoning, ...fields });
    expect(rest).toEqual(expected);
  });

  test("is refused by name of models that do not, and left out where earlier thoughts are missing or a tool is forced", () => {
    const asked = new Map([["reasoning", "thinking"]] as const);
    const reasoning = { effort: "high" } as const;
    for (const model of [LLAMA, NOVA_1, OLD_CLAUDE])
      expect(problemOf(() => encoded({ model, reasoning, asked }))).toBe("thinking");
    const forced = encoded({ reasoning, tools: [WEATHER], toolChoice: { kind: "required" } });
    expect(forced.additionalModelRequestFields).toBeUndefined();
    const signature = { by: "bedrock", value: "s" };
    const turn = (...thoughts: readonly Part[]) => [
      user(say("?")),
      assistant(...thoughts, call("t", "weather", {})),
      user(result("t", say("sunny"))),
    ];
    const fieldsAfter = (...thoughts: readonly Part[]) =>
      encoded({ reasoning, tools: [WEATHER], messages: turn(...thoughts) }).additionalModelRequestFields;
    expect(fieldsAfter()).toBeUndefined();
    expect(fieldsAfter({ kind: "reasoning", text: "", signature: { by: "anthropic", value: "s" } })).toBeUndefined();
    expect(fieldsAfter({ kind: "reasoning", text: "Hm.", signature })).toMatchObject({ thinking: { type: "enabled" } });
  });

  test("keeps chance within what the model takes", () => {
    const sampling = { temperature: 1.5, topP: 0.5, stop: ["", "END"] };
    const config = (model: string) => encoded({ model, ...sampling }).inferenceConfig;
    expect(config(OLD_CLAUDE)).toEqual({ temperature: 1, topP: 0.5, stopSequences: ["END"] });
    expect(config(CLAUDE)).toEqual({ temperature: 1, stopSequences: ["END"] });
    expect(config(OPUS)).toEqual({ stopSequences: ["END"] });
    expect(config(LLAMA)).toEqual({ temperature: 1, topP: 0.5, stopSequences: ["END"] });
    expect(problemOf(() => encoded({ model: LLAMA, topK: 3 }))).toBe("top_k");
  });
});

describe("JSON", () => {
  const schema = {
    type: "object",
    properties: { n: { type: "number" } },
    required: ["n"],
    additionalProperties: false,
  };
  const output: OutputFormat = { kind: "schema", name: "counts", schema };
  const answered = (model: string, fields: Partial<ChatRequest>, parts: readonly Part[]) => {
    const request = chatRequest({ model, ...fields });
    const answer = sample(parts, "tool_calls");
    return {
      body: bedrock.encodeRequest(request, {}),
      whole: bedrock.decodeAnswer(converseAnswer(answer), request)?.choices[0],
      streamed: collect(decodeStream("bedrock", joined(converseFrames(answer)), request))?.choices[0],
    };
  };

  test("keeps to a schema by itself where the model can", () => {
    for (const model of [CLAUDE, GPT_OSS]) {
      const { outputConfig, toolConfig } = encoded({ model, output });
      expect(toolConfig).toBeUndefined();
      expect(outputConfig).toEqual({
        textFormat: {
          type: "json_schema",
          structure: { jsonSchema: { name: "counts", schema: JSON.stringify(schema) } },
        },
      });
    }
  });

  test.each([NOVA, OLD_CLAUDE])("is a tool's input where %s can be made to call one", (model) => {
    const { body, whole, streamed } = answered(model, { output }, [call("t", "counts", { n: 1 })]);
    expect(body).toMatchObject({ toolConfig: { toolChoice: { tool: { name: "counts" } } } });
    for (const choice of [whole, streamed])
      expect(choice).toEqual({ index: 0, parts: [say('{"n":1}')], finish: { reason: "stop" } });
  });

  test("is asked for in words elsewhere, and tools stay tools", () => {
    const { body, whole, streamed } = answered(NOVA, { output, tools: [WEATHER] }, [call("t", "counts", { n: 1 })]);
    expect(JSON.stringify(body.system)).toContain("single JSON object");
    for (const choice of [whole, streamed]) expect(choice?.finish.reason).toBe("tool_calls");
    expect(JSON.stringify(encoded({ model: LLAMA, output: { kind: "json" } }).system)).toContain("JSON");
  });
});

function sample(parts: readonly Part[], reason: ChatAnswer["choices"][0]["finish"]["reason"]): ChatAnswer {
  return {
    model: CLAUDE,
    choices: [{ index: 0, parts, finish: { reason } }],
    usage: { inputTokens: 20, outputTokens: 5, cachedTokens: 10, cacheWriteTokens: 4 },
  };
}

describe("an answer", () => {
  const request = chatRequest({ model: CLAUDE });
  const signature = { by: "bedrock", value: "sig" };
  const parts: readonly Part[] = [
    { kind: "reasoning", text: "Hm…", signature },
    { kind: "reasoning", text: "", signature: { by: "bedrock", value: "cmVk", redacted: true } },
    say("Grüße 👋🏽, 日本!"),
    call("t1", "weather", { city: 'a"b\\c' }),
    call("t2", "clock", {}),
  ];

  test("keeps thoughts, texts and every call, and counts cached tokens as input", () => {
    const answer = sample(parts, "tool_calls");
    expect(bedrock.decodeAnswer(converseAnswer(answer), request)).toEqual(answer);
    expect(collect(decodeStream("bedrock", joined(converseFrames(answer)), request))).toEqual(answer);
  });

  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["guardrail_intervened", "content_filter"],
    ["content_filtered", "content_filter"],
    ["malformed_model_output", "stop"],
    ["tool_use", "stop"],
  ])("that ends with %s is %s", (stopReason, reason) => {
    const body = { output: { message: { role: "assistant", content: [{ text: "x" }] } }, stopReason };
    expect(bedrock.decodeAnswer(body, request)?.choices[0]?.finish).toEqual({ reason });
  });

  test("may cite, and hold blocks that nobody knows", () => {
    const citation = { title: "A", sourceContent: [{ text: "x" }], location: { web: { url: "https://a.example" } } };
    const content = [
      { citationsContent: { content: [{ text: "Said." }], citations: [citation] } },
      { image: { format: "png" } },
      { future: {} },
      "no block",
    ];
    const told = { title: "A", quote: "x", url: "https://a.example" };
    const body = { output: { message: { content } }, stopReason: "end_turn" };
    expect(bedrock.decodeAnswer(body, request)?.choices[0]?.parts).toEqual([
      { kind: "text", text: "Said.", citations: [told] },
    ]);
    const frames = [
      eventFrame("messageStart", { role: "assistant" }),
      eventFrame("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Said." } }),
      eventFrame("contentBlockDelta", { contentBlockIndex: 0, delta: { citation } }),
    ];
    expect(decodeStream("bedrock", joined(frames), request)[2]).toEqual({
      type: "citation",
      choice: 0,
      citation: told,
    });
  });

  test.each([null, [], "x", {}, { output: {} }, { output: { message: {} } }, { message: "Too many requests" }])(
    "is none: %j",
    (body) => {
      expect(bedrock.decodeAnswer(body, request)).toBeUndefined();
    },
  );

  test("may be an error in one of AWS's spellings", () => {
    expect(bedrock.decodeError('{"message":"Slow down"}')).toMatchObject({ message: "Slow down" });
    expect(bedrock.decodeError('{"Message":"No","__type":"com.amazon#AccessDeniedException"}')).toEqual({
      message: "No",
      type: "AccessDeniedException",
      code: null,
    });
    for (const body of ["", "<html>", "[]", "{}"]) expect(bedrock.decodeError(body)).toBeUndefined();
  });
});

describe("frames", () => {
  const answer = sample([say("Grüße 👋🏽"), call("t1", "weather", { city: "Köln" })], "tool_calls");
  const frames = converseFrames(answer);
  const whole = joined(frames);

  function read(...pieces: readonly Uint8Array[]): { readonly events: readonly WireEvent[]; readonly fine: boolean } {
    const events: WireEvent[] = [];
    const reader = createFrameReader((event) => events.push(event));
    const fine = pieces.map((piece) => reader.feed(piece)).at(-1) ?? true;
    return { events, fine };
  }
  const expected = read(whole);

  test("are the same wherever the bytes are split", () => {
    expect(expected.events).toHaveLength(frames.length);
    for (let at = 0; at <= whole.length; at++)
      expect(read(whole.subarray(0, at), whole.subarray(at))).toEqual(expected);
    expect(read(...Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  test("cost no more moves of bytes than they have bytes, however small the pieces", () => {
    const large = frame({ ":message-type": "event", ":event-type": "metadata" }, "x".repeat(64 * 1024));
    const set = vi.spyOn(Uint8Array.prototype, "set");
    onTestFinished(() => set.mockRestore());
    const reader = createFrameReader(() => {});
    for (const byte of large) reader.feed(Uint8Array.of(byte));
    const moved = set.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0);
    // Each byte comes in once, is moved at most twice while room doubles, and a few times by the codec.
    expect(moved).toBeGreaterThanOrEqual(large.length);
    expect(moved).toBeLessThan(6 * large.length);
  });

  test("come as soon as their last byte does", () => {
    const [first = new Uint8Array(), second = new Uint8Array()] = frames;
    expect(read(first).events).toHaveLength(1);
    expect(read(first, second.subarray(0, -1)).events).toHaveLength(1);
    expect(read(first, second).events).toHaveLength(2);
  });

  test("with any byte changed are no frames, and nothing after is read", () => {
    const [first = new Uint8Array(), ...rest] = frames;
    for (let at = 0; at < first.length; at++) {
      const bent = first.slice();
      bent[at] = (bent[at] ?? 0) ^ 1;
      const { events, fine } = read(bent, ...rest);
      // A length that reads as more than there is waits for the rest; it is a cut stream in the end.
      expect(events).toEqual([]);
      if (at >= 4) expect(fine).toBe(false);
    }
  });

  test.each([0, 15, 16 * 1024 * 1024 + 1, 0xff_ff_ff_ff])("of %i bytes are none", (size) => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(0, size);
    expect(read(bytes, whole)).toEqual({ events: [], fine: false });
  });

  test("of exceptions and errors end the stream with what they say", () => {
    const told = (bytes: Uint8Array): readonly StreamEvent[] =>
      decodeStream("bedrock", bytes, chatRequest({ model: CLAUDE }));
    expect(told(exceptionFrame("throttlingException", "Too many"))).toEqual([
      { type: "error", details: { message: "Too many", type: "throttlingException", code: null } },
    ]);
    const headers = { ":message-type": "error", ":error-code": "Internal", ":error-message": "Broke" };
    expect(told(frame(headers, ""))).toEqual([
      { type: "error", details: { message: "Broke", type: "Internal", code: null } },
    ]);
    expect(told(frame({ ":message-type": "exception", ":exception-type": "odd" }, "no JSON"))).toMatchObject([
      { type: "error", details: { type: "upstream_error" } },
    ]);
  });

  test("of unknown events and blocks mean nothing", () => {
    const odd = [
      eventFrame("future", { a: 1 }),
      eventFrame("contentBlockStart", { contentBlockIndex: 9, start: { image: {} } }),
      eventFrame("contentBlockDelta", { contentBlockIndex: 9, delta: { image: {} } }),
      eventFrame("contentBlockStop", { contentBlockIndex: 9 }),
      frame({ ":event-type": "messageStart", ":message-type": "event" }, "[]"),
    ];
    const request = chatRequest({ model: CLAUDE });
    expect(decodeStream("bedrock", joined([...odd, ...frames]), request)).toEqual(
      decodeStream("bedrock", whole, request),
    );
  });
});
