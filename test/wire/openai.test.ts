import type OpenAI from "openai";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { packCallId } from "../../mint-server/wire/carry.ts";
import type { ChatRequest, Message, ReasoningPart } from "../../mint-server/wire/chat-request.ts";
import { chat } from "../../mint-server/wire/openai/format.ts";
import { repairRequest } from "../../mint-server/wire/openai/repair-request.ts";
import { checkSupport } from "../../mint-server/wire/support.ts";

import {
  assistant,
  call,
  decode,
  decodeMessages,
  encode,
  encodeMessages,
  HELLO,
  paramOf,
  request,
  result,
  SIGNED,
  TOOL,
  text,
  user,
} from "./openai-rig.ts";

describe("requests of callers", () => {
  test("keep every message where it stood, with all its parts", () => {
    expect(
      decodeMessages(
        { role: "system", content: "One." },
        {
          role: "user",
          name: "ann",
          content: [{ type: "text", text: "Look", cache_control: { type: "ephemeral", ttl: "1h" } }],
        },
        {
          role: "developer",
          content: [{ type: "text", text: "Two.", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } }],
        },
        { role: "user", content: "?" },
        { role: "assistant", content: null, refusal: "No." },
      ),
    ).toEqual([
      { role: "system", parts: [text("One.")] },
      { role: "user", name: "ann", parts: [{ ...text("Look"), cache: { ttl: "1h" } }] },
      { role: "developer", parts: [{ ...text("Two."), cache: {} }] },
      user(text("?")),
      assistant({ kind: "refusal", text: "No." }),
    ]);
  });

  test("keep images, recordings and files with what is known of them", () => {
    const content = [
      { type: "image_url", image_url: { url: "data:image/png;base64,aGk=", detail: "low" } },
      { type: "image_url", image_url: { url: "https://a.test/b.png" } },
      { type: "input_audio", input_audio: { data: "aGk=", format: "mp3" } },
      { type: "input_audio", input_audio: { data: "aGk=", format: "wav" } },
      { type: "file", file: { file_data: "data:application/pdf;base64,aGk=", filename: "a.pdf" } },
      { type: "file", file: { file_id: "file-1" } },
    ];
    const at = (index: number) => `messages[0].content[${index}]`;
    expect(decodeMessages({ role: "user", content })[0]?.parts).toEqual([
      { kind: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" }, detail: "low", at: at(0) },
      { kind: "image", source: { kind: "url", url: "https://a.test/b.png" }, at: at(1) },
      { kind: "audio", source: { kind: "base64", mediaType: "audio/mpeg", data: "aGk=" }, at: at(2) },
      { kind: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "aGk=" }, at: at(3) },
      {
        kind: "file",
        source: { kind: "base64", mediaType: "application/pdf", data: "aGk=" },
        name: "a.pdf",
        at: at(4),
      },
      { kind: "file", source: { kind: "uploaded", id: "file-1" }, at: at(5) },
    ]);
  });

  test("keep every tool call, and what its id carries", () => {
    const id = packCallId("toolu_1", { signature: { by: "google", value: "Zw" }, reasoning: [SIGNED] });
    const call1 = { id, type: "function", function: { name: "f", arguments: '{"a":1}' } };
    const call2 = { id: "toolu_2", type: "function", function: { name: "g", arguments: "" } };
    const messages = decodeMessages(
      { role: "assistant", content: "Wait.", reasoning_content: "Hm.", tool_calls: [call1, call2] },
      { role: "tool", tool_call_id: id, content: "1" },
      { role: "tool", tool_call_id: "toolu_2", content: [{ type: "text", text: "2" }] },
    );
    expect(messages).toEqual([
      assistant(
        SIGNED,
        text("Wait."),
        { ...call("toolu_1", "f", '{"a":1}'), signature: { by: "google", value: "Zw" } },
        call("toolu_2", "g", ""),
      ),
      user({ ...result("toolu_1", text("1")), at: "messages[1]" }),
      user({ ...result("toolu_2", text("2")), at: "messages[2]" }),
    ]);
  });

  test("keep thoughts that nothing carries, unsigned, and leave out an answer without a word", () => {
    expect(
      decodeMessages(
        {
          role: "assistant",
          content: "So.",
          reasoning: "Hm.",
          annotations: [],
          audio: null,
          function_call: null,
          parsed: null,
        },
        { role: "assistant", content: "" },
        { role: "user", content: "?" },
      ),
    ).toEqual([assistant({ kind: "reasoning", text: "Hm." }, text("So.")), user(text("?"))]);
  });

  test.each<[object, Partial<ChatRequest>, string[]]>([
    [{ max_tokens: 1, max_completion_tokens: 2 }, { maxTokens: 2 }, ["maxTokens max_completion_tokens"]],
    [{ max_tokens: 1 }, { maxTokens: 1 }, ["maxTokens max_tokens"]],
    [{ stop: "a" }, { stop: ["a"] }, ["stop stop"]],
    [
      { stop: ["a", "b"], temperature: 0 },
      { stop: ["a", "b"], temperature: 0 },
      ["stop stop", "temperature temperature"],
    ],
    [{ n: 2, seed: 0, top_p: 0.5 }, { choices: 2, seed: 0, topP: 0.5 }, ["choices n", "seed seed", "topP top_p"]],
    [
      { presence_penalty: 1, frequency_penalty: -1 },
      { presencePenalty: 1, frequencyPenalty: -1 },
      ["frequencyPenalty frequency_penalty", "presencePenalty presence_penalty"],
    ],
    [{ logprobs: true, top_logprobs: 3 }, { logprobs: true, topLogprobs: 3 }, ["logprobs logprobs"]],
    [{ logit_bias: { 50256: -100 } }, { logitBias: { 50256: -100 } }, ["logitBias logit_bias"]],
    [{ user: "u", safety_identifier: "s" }, { user: "s" }, ["user user"]],
    [{ reasoning_effort: "low" }, { reasoning: { effort: "low" } }, ["reasoning reasoning_effort"]],
    [{ response_format: { type: "json_object" } }, { output: { kind: "json" } }, ["jsonMode response_format"]],
    [
      {
        response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" }, strict: true } },
      },
      { output: { kind: "schema", name: "n", schema: { type: "object" }, strict: true } },
      ["jsonSchema response_format"],
    ],
    [{ tool_choice: "none" }, { toolChoice: { kind: "none" } }, ["toolChoice tool_choice"]],
    [{ tool_choice: "required" }, { toolChoice: { kind: "required" } }, ["toolChoice tool_choice"]],
    [
      { tool_choice: { type: "function", function: { name: "f" } } },
      { toolChoice: { kind: "function", name: "f" } },
      ["toolChoice tool_choice"],
    ],
    [
      {
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "f" } }] },
        },
      },
      { toolChoice: { kind: "allowed", names: ["f"], required: true } },
      ["toolChoice tool_choice"],
    ],
    [{ parallel_tool_calls: false }, { parallelToolCalls: false }, ["singleToolCall parallel_tool_calls"]],
    [
      { verbosity: "low", service_tier: "flex" },
      { verbosity: "low", serviceTier: "flex" },
      ["serviceTier service_tier", "verbosity verbosity"],
    ],
    [{ metadata: { a: "b" }, store: true }, { metadata: { a: "b" } }, ["metadata metadata", "store store"]],
    [
      { prompt_cache_key: "k", prompt_cache_retention: "24h" },
      { promptCacheKey: "k" },
      ["promptCacheKey prompt_cache_key"],
    ],
    [{ modalities: ["text", "audio"], audio: { voice: "ash", format: "wav" } }, {}, ["audioOutput modalities"]],
    [{ prediction: { type: "content", content: "x" } }, {}, ["prediction prediction"]],
    [{ web_search_options: {} }, {}, ["hostedTools web_search_options"]],
    [{ stream_options: { include_usage: true, include_obfuscation: false } }, { includeUsage: true }, []],
    [
      {
        n: 1,
        store: false,
        logprobs: false,
        stop: [],
        logit_bias: {},
        tool_choice: "auto",
        modalities: ["text"],
        service_tier: "auto",
      },
      {},
      [],
    ],
    [
      { presence_penalty: 0, response_format: { type: "text" }, tools: [], metadata: null, parallel_tool_calls: true },
      {},
      [],
    ],
  ])("say what %j asks for", (body, meant, asked) => {
    const decoded = decode(body);
    expect(decoded).toMatchObject({ tools: [], includeUsage: false, ...meant });
    expect([...decoded.asked].map((pair) => pair.join(" ")).sort()).toEqual(asked);
  });

  test("say which tools there are, and name a strict one", () => {
    const tools = [
      { type: "function", function: { name: "f", description: "d", parameters: { type: "object" }, strict: true } },
      { type: "function", function: { name: "g" }, cache_control: { type: "ephemeral" } },
    ];
    const decoded = decode({ tools });
    expect(decoded.tools).toEqual([
      { kind: "function", name: "f", description: "d", parameters: { type: "object" }, strict: true },
      { kind: "function", name: "g", cache: {} },
    ]);
    expect([...decoded.asked]).toEqual([
      ["strictTools", "tools[0].function.strict"],
      ["tools", "tools"],
    ]);
  });

  test.each<[object, string | RegExp]>([
    [{ tempreature: 1 }, "tempreature: `tempreature` is not a field that can be translated for this model."],
    [{ moderation: { model: "m" } }, /^moderation: /],
    [{ functions: [{ name: "f" }] }, /^functions: .*`tools`/],
    [{ function_call: "auto" }, /^function_call: .*`tool_choice`/],
    [{ temperature: "hot" }, "temperature: `temperature` must be a number."],
    [{ reasoning_effort: "huge" }, /^reasoning_effort: /],
    [{ tools: [{ type: "custom", custom: { name: "c" } }] }, /^tools\[0\]\.type: /],
    [{ tool_choice: { type: "custom", custom: { name: "c" } } }, /^tool_choice\.type: /],
    [{ response_format: { type: "grammar" } }, /^response_format\.type: /],
    [{ metadata: { a: 1 } }, "metadata.a: `metadata.a` must be a string."],
    [{ messages: [{ role: "function", name: "f", content: "1" }] }, /^messages\[0\]\.role: .*`tools`/],
    [{ messages: [{ role: "robot", content: "1" }] }, /^messages\[0\]\.role: /],
    [{ messages: [{ role: "user" }] }, "messages[0].content: `messages[0].content` is missing."],
    [{ messages: [{ role: "user", content: "a", colour: "red" }] }, /^messages\[0\]\.colour: /],
    [{ messages: [{ role: "tool", content: "a" }] }, /^messages\[0\]\.tool_call_id: /],
    [{ messages: [{ role: "assistant", audio: { id: "a" } }] }, /^messages\[0\]\.audio: /],
    [
      { messages: [{ role: "assistant", function_call: { name: "f" } }] },
      /^messages\[0\]\.function_call: .*`tool_calls`/,
    ],
    [{ messages: [{ role: "user", content: [{ type: "video_url" }] }] }, /^messages\[0\]\.content\[0\]\.type: /],
    [{ messages: [{ role: "system", content: [{ type: "image_url" }] }] }, /^messages\[0\]\.content\[0\]\.type: /],
    [
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:x" } }] }] },
      /^messages\[0\]\.content\[0\]\.image_url\.url: /,
    ],
    [
      { messages: [{ role: "user", content: [{ type: "text", text: "a", cache_control: { type: "forever" } }] }] },
      /cache_control\.type: /,
    ],
  ])("that hold %j are refused by the field's name", (body, expected) => {
    expect(paramOf(() => decode(body))).toMatch(expected);
  });
});

describe("requests to providers", () => {
  test("hold what was asked, and stay the same however often they are encoded", () => {
    const asked = request({
      stream: true,
      maxTokens: 9,
      temperature: 0.5,
      stop: ["x"],
      choices: 2,
      logitBias: { 1: 2 },
      tools: [TOOL],
      toolChoice: { kind: "none" },
      parallelToolCalls: false,
      output: { kind: "schema", name: "n", schema: { type: "object" }, strict: true },
      promptCacheKey: "k",
      serviceTier: "flex",
      metadata: { a: "b" },
    });
    const before = structuredClone(asked);
    const body = chat.encodeRequest(asked, {});
    expect(body).toEqual({
      model: "gpt-4o",
      messages: HELLO,
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 9,
      temperature: 0.5,
      stop: ["x"],
      n: 2,
      logit_bias: { 1: 2 },
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      tool_choice: "none",
      parallel_tool_calls: false,
      response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" }, strict: true } },
      prompt_cache_key: "k",
      service_tier: "flex",
    } satisfies OpenAI.ChatCompletionCreateParams | object);
    expect(asked).toEqual(before);
    expect(chat.encodeRequest(asked, {})).toEqual(body);
  });

  test("do not speak of tools where there are none", () => {
    const body = encode({ toolChoice: { kind: "none" }, parallelToolCalls: false });
    expect(Object.keys(body)).toEqual(["model", "messages"]);
  });

  test.each<[string, ChatRequest["reasoning"], object]>([
    ["gpt-4o", undefined, { max_tokens: 9, temperature: 0.5 }],
    ["gpt-4o", { effort: "high" }, { max_tokens: 9, temperature: 0.5 }],
    ["gpt-35-turbo", undefined, { max_tokens: 9, temperature: 0.5 }],
    ["o3-mini", { effort: "minimal" }, { max_completion_tokens: 9, reasoning_effort: "low" }],
    ["ft:o4-mini:acme", undefined, { max_completion_tokens: 9 }],
    ["openai/gpt-5-mini", { effort: "none" }, { max_completion_tokens: 9, reasoning_effort: "minimal" }],
    ["gpt-5-chat-latest", { effort: "low" }, { max_completion_tokens: 9, temperature: 0.5 }],
    ["gpt-5.1", { effort: "none" }, { max_completion_tokens: 9, temperature: 0.5, reasoning_effort: "none" }],
    ["gpt-5.1", undefined, { max_completion_tokens: 9, temperature: 0.5 }],
    ["gpt-5.1", { budgetTokens: 2000 }, { max_completion_tokens: 9, reasoning_effort: "low" }],
    ["gpt-5.2", { effort: "max" }, { max_completion_tokens: 9, reasoning_effort: "xhigh" }],
    ["gpt-6", { effort: "max" }, { max_completion_tokens: 9, reasoning_effort: "max" }],
    ["openai/gpt-oss-120b", { effort: "xhigh" }, { max_tokens: 9, temperature: 0.5, reasoning_effort: "high" }],
    ["mistral-large-latest", { effort: "low" }, { max_tokens: 9, temperature: 0.5 }],
  ])("for %s that is to think %j have the fields it takes", (model, reasoning, expected) => {
    const wish = reasoning ? { reasoning } : {};
    const { messages: _, ...body } = encode({ model, maxTokens: 9, temperature: 0.5, ...wish });
    expect(body).toEqual({ model, ...expected });
  });

  test("leave to other makers' models what they know", () => {
    const fields: Partial<ChatRequest> = {
      messages: [
        { role: "developer", parts: [text("One."), text("Two.")] },
        { role: "user", name: "ann", parts: [text("?")] },
        assistant(text("So"), { kind: "refusal", text: " no." }),
      ],
      tools: [TOOL, { ...TOOL, name: "g" }],
      toolChoice: { kind: "allowed", names: ["g"], required: true },
      verbosity: "low",
      serviceTier: "flex",
      promptCacheKey: "k",
    };
    expect(encode({ ...fields, model: "llama-3.3-70b" })).toMatchObject({
      messages: [
        { role: "system", content: "One.\n\nTwo." },
        { role: "user", content: "?" },
        { role: "assistant", content: "So no." },
      ],
      tools: [{ function: { name: "g" } }],
      tool_choice: "required",
    });
    expect(Object.keys(encode({ ...fields, model: "llama-3.3-70b" }))).not.toContain("service_tier");
    expect(encode({ ...fields, model: "gpt-5.1" })).toMatchObject({
      messages: [
        { role: "developer", content: [{ text: "One." }, { text: "Two." }] },
        { role: "user", name: "ann" },
        { role: "assistant", content: "So", refusal: " no." },
      ],
      tools: [{ function: { name: "f" } }, { function: { name: "g" } }],
      tool_choice: { type: "allowed_tools", allowed_tools: { mode: "required", tools: [{ function: { name: "g" } }] } },
      verbosity: "low",
      service_tier: "flex",
      prompt_cache_key: "k",
    });
  });

  test("keep system messages where they stood, every one", () => {
    const system = (value: string): Message => ({ role: "system", parts: [text(value)] });
    expect(encodeMessages([system("a"), system("b"), user(text("c")), system("d")])).toEqual([
      { role: "system", content: "a" },
      { role: "system", content: "b" },
      { role: "user", content: "c" },
      { role: "system", content: "d" },
    ]);
  });

  test("put results right after their calls, and their files in a message of the user", () => {
    const image = { kind: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" }, at: "x" } as const;
    const messages = encodeMessages([
      assistant(text("Wait."), call("a", "look", ""), call("b")),
      user(result("a", text("seen"), image)),
      user({ ...result("b", text("broken")), isError: true }, text("And?")),
    ]);
    expect(messages).toEqual([
      {
        role: "assistant",
        content: "Wait.",
        tool_calls: [
          { id: "a", type: "function", function: { name: "look", arguments: "{}" } },
          { id: "b", type: "function", function: { name: "f", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "seen\n\n[Its files are in the next message of the user.]" },
      { role: "tool", tool_call_id: "b", content: "Error: broken" },
      {
        role: "user",
        content: [
          { type: "text", text: "[Files that look returned:]" },
          { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } },
          { type: "text", text: "And?" },
        ],
      },
    ] satisfies ChatCompletionMessageParam[]);
    const alone = encodeMessages([assistant(call("a")), user(result("a", image)), assistant(text("Nice."))]);
    expect(alone).toMatchObject([
      { role: "assistant", content: null },
      { role: "tool" },
      { role: "user" },
      { role: "assistant" },
    ]);
  });

  test("hold images, recordings and files as this schema has them", () => {
    const at = "messages[0].content[0]";
    const base64 = (mediaType: string, data = "aGk=") => ({ kind: "base64", mediaType, data }) as const;
    const [message] = encodeMessages([
      user(
        { kind: "image", source: { kind: "url", url: "https://a.test/b.png" }, detail: "high", at },
        { kind: "audio", source: base64("audio/mpeg"), at },
        { kind: "file", source: base64("application/pdf"), at },
        { kind: "file", source: base64("text/plain", "w6k="), name: "e.txt", at },
        { kind: "file", source: { kind: "text", text: "doc" }, at },
        { kind: "file", source: { kind: "uploaded", id: "file-1" }, at },
      ),
    ]) as [unknown];
    expect(message).toEqual({
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "https://a.test/b.png", detail: "high" } },
        { type: "input_audio", input_audio: { data: "aGk=", format: "mp3" } },
        { type: "file", file: { filename: "file.pdf", file_data: "data:application/pdf;base64,aGk=" } },
        { type: "text", text: "e.txt\n\né" },
        { type: "text", text: "doc" },
        { type: "file", file: { file_id: "file-1" } },
      ],
    } satisfies ChatCompletionMessageParam);
  });

  test.each<[Message]>([
    [user({ kind: "file", source: { kind: "url", url: "https://a.test/b.pdf" }, at: "spot" })],
    [user({ kind: "image", source: { kind: "uploaded", id: "i" }, at: "spot" })],
    [user({ kind: "audio", source: { kind: "base64", mediaType: "audio/ogg", data: "" }, at: "spot" })],
    [assistant({ kind: "image", source: { kind: "url", url: "https://a.test" }, at: "spot" })],
    [{ role: "system", parts: [{ kind: "image", source: { kind: "url", url: "https://a.test" }, at: "spot" }] }],
  ])("name the caller's field for what has no place: %j", (message) => {
    expect(paramOf(() => encodeMessages([message]))).toMatch(/^spot: /);
  });

  test("mark where to keep the prompt in the words of the model's API, if it has any", () => {
    const messages = [user({ ...text("long"), cache: { ttl: "1h" } })];
    expect(encodeMessages(messages)).toEqual([{ role: "user", content: "long" }]);
    expect(encodeMessages(messages, "gpt-5.6")).toMatchObject([
      { content: [{ type: "text", text: "long", prompt_cache_breakpoint: { mode: "explicit" } }] },
    ]);
    expect(encodeMessages(messages, "anthropic/claude-sonnet-4.5")).toMatchObject([
      { content: [{ type: "text", text: "long", cache_control: { type: "ephemeral", ttl: "1h" } }] },
    ]);
  });

  test("give back to a model its own thoughts, and to none another's", () => {
    const own: ReasoningPart = {
      kind: "reasoning",
      text: "Mine.",
      signature: { by: "chat", value: "deepseek-v4-pro" },
    };
    const turn = [assistant(SIGNED, own, { kind: "reasoning", text: "Nobody's." }, text("So."))];
    expect(encodeMessages(turn, "deepseek-v4-pro")).toEqual([
      { role: "assistant", content: "So.", reasoning_content: "Mine." },
    ]);
    expect(encodeMessages(turn, "deepseek-v3")).toEqual([{ role: "assistant", content: "So." }]);
    expect(encodeMessages([assistant(SIGNED), user(text("?"))])).toEqual([{ role: "user", content: "?" }]);
  });

  test("spell ids of calls as the provider takes them, the same for a call and its result", () => {
    const ids = (length: string | number, ways: object) => {
      const id = typeof length === "string" ? length : "x".repeat(length);
      const [first, second] = encodeMessages([assistant(call(id)), user(result(id, text("1")))], "m", ways) as [
        { tool_calls: { id: string }[] },
        { tool_call_id: string },
      ];
      expect(first.tool_calls[0]?.id).toBe(second.tool_call_id);
      return second.tool_call_id;
    };
    expect(ids(40, {})).toHaveLength(40);
    expect(ids(41, {})).toMatch(/^call_[a-z0-9]{13}$/);
    expect(ids(41, {})).not.toBe(ids(42, {}));
    expect(ids("toolu_01A", { toolCallIds: "nine" })).toMatch(/^[a-z0-9]{9}$/);
    expect(ids("toolu_01A", { toolCallIds: "nine" })).not.toBe(ids("toolu_01B", { toolCallIds: "nine" }));
    expect(ids("abcDEF123", { toolCallIds: "nine" })).toBe("abcDEF123");
  });

  test("use a provider's own names of fields, and leave out those it has none for", () => {
    const ways = { fields: { seed: "random_seed", stream_options: null, user: null } };
    const body = encode({ model: "mistral-large-latest", stream: true, seed: 1, user: "u" }, ways);
    expect(body).toEqual({ model: "mistral-large-latest", messages: HELLO, stream: true, random_seed: 1 });
  });

  test("that ask for what there is nothing like are refused by the caller's field", () => {
    expect(paramOf(() => checkSupport(decode({ web_search_options: {} }), chat.support))).toMatch(
      /^web_search_options/,
    );
    expect(paramOf(() => checkSupport(decode({ store: true, top_k: 3 }), chat.support))).toBe("nothing thrown");
  });
});

describe("bodies that pass through", () => {
  const id = packCallId(`toolu_${"x".repeat(40)}`, { reasoning: [SIGNED] });
  const body = (callId: string) => ({
    model: "gpt-4o",
    messages: [
      ...HELLO,
      {
        role: "assistant",
        content: "So.",
        reasoning_content: "Hm.",
        tool_calls: [{ id: callId, type: "function", function: { name: "f", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: callId, content: "1" },
    ],
    seed: 1,
  });

  test("lose what ids carry for another provider, and its thoughts", () => {
    const given = body(id);
    const before = structuredClone(given);
    const repaired = repairRequest(given, {}) as ReturnType<typeof body>;
    const [, called, answered] = repaired.messages as [
      unknown,
      { tool_calls: { id: string }[] },
      { tool_call_id: string },
    ];
    expect(called.tool_calls[0]?.id).toMatch(/^call_[a-z0-9]{13}$/);
    expect(answered.tool_call_id).toBe(called.tool_calls[0]?.id);
    expect(called).not.toHaveProperty("reasoning_content");
    expect(repaired.seed).toBe(1);
    expect(given).toEqual(before);
  });

  test("get ids of nine letters where the provider wants them", () => {
    const repaired = repairRequest(body("call_1"), { toolCallIds: "nine" }) as ReturnType<typeof body>;
    expect(repaired.messages[2]).toMatchObject({ tool_call_id: expect.stringMatching(/^[a-z0-9]{9}$/) });
  });

  test("are left alone if nothing is wrong with them", () => {
    expect(repairRequest(body("call_1"), {})).toBeUndefined();
    expect(repairRequest(body("abcdef123"), { toolCallIds: "nine" })).toBeUndefined();
    // Another gateway's way to carry things, between that gateway and its callers.
    expect(repairRequest(body(`call_${"t".repeat(200)}`), {})).toBeUndefined();
    expect(repairRequest({ messages: "none" }, {})).toBeUndefined();
  });
});
