import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createFetch, onEvent } from "../../sw/client.ts";
import type { GateEvent } from "../../sw/events.ts";
import { type Behaviour, installLanguageModel } from "./fake-language-model.ts";
import { PAGE } from "./rig.ts";

type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "model">;
type Message = OpenAI.ChatCompletionMessageParam;

const HELLO: readonly Message[] = [{ role: "user", content: "Hello" }];

beforeEach(() => {
  vi.stubGlobal("location", { href: PAGE });
});
afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(globalThis, "LanguageModel");
});

function client(): OpenAI {
  const fetch = createFetch({ models: { "on-device": "window" } });
  return new OpenAI({ apiKey: "browser", fetch, maxRetries: 0 });
}

function ask(body: Partial<Body> & { readonly [field: string]: unknown }, requestId = "") {
  const headers = requestId === "" ? {} : { "x-mintgate-request": requestId };
  return client().chat.completions.create({ model: "on-device", messages: [...HELLO], ...body }, { headers });
}

const failure = (request: Promise<unknown>) =>
  request.then(
    () => expect.unreachable(),
    ({ status, type, code, param, message }: InstanceType<typeof OpenAI.APIError>) => ({
      status,
      type,
      code,
      param,
      message,
    }),
  );

describe("the browser's built-in model", () => {
  test("gets the conversation in the form of the Prompt API", async () => {
    const asked = installLanguageModel({ says: ["Fine", ", thanks."] });
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      { role: "developer", content: "Be kind." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello!" },
      { role: "system", content: "It is late." },
      { role: "user", content: "How are you?" },
    ];
    const answer = await ask({ messages });
    expect(answer.choices).toMatchObject([{ message: { content: "Fine, thanks." }, finish_reason: "stop" }]);
    expect(answer.model).toBe("on-device");
    expect(asked.initialPrompts).toEqual([
      { role: "system", content: ["Be brief.\n\nBe kind."] },
      { role: "user", content: ["Hi"] },
      { role: "assistant", content: ["Hello!"] },
      { role: "user", content: ["<system>\nIt is late.\n</system>"] },
    ]);
    expect(asked.inputs).toEqual([{ role: "user", content: ["How are you?"] }]);
    expect(asked.availability).toEqual([{ expectedInputs: [{ type: "text" }], expectedOutputs: [{ type: "text" }] }]);
    expect(asked.destroyed).toBe(1);
  });

  test("is asked what is said, even if only the system speaks", async () => {
    const asked = installLanguageModel({ says: ["."] });
    await ask({ messages: [{ role: "system", content: "Tell a joke." }] });
    expect(asked.initialPrompts).toEqual([]);
    expect(asked.inputs).toEqual([{ role: "user", content: ["Tell a joke."] }]);
  });

  test("sees images and hears recordings, which it is told to expect", async () => {
    const asked = installLanguageModel({ says: ["A dot."] });
    const data = btoa("four");
    await ask({
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } },
            { type: "input_audio", input_audio: { data, format: "wav" } },
          ],
        },
      ],
    });
    const content = ["What is this?", "image/png of 4 bytes", "audio/wav of 4 bytes"];
    expect(asked.inputs).toEqual([{ role: "user", content }]);
    expect(asked.availability[0]?.expectedInputs).toEqual([{ type: "text" }, { type: "image" }, { type: "audio" }]);
  });

  test("keeps to a JSON Schema, and to any JSON object", async () => {
    const asked = installLanguageModel({ says: ["{}"] });
    const schema = { type: "object", properties: { a: { type: "string" } } };
    await ask({ response_format: { type: "json_schema", json_schema: { name: "x", schema } } });
    await ask({ response_format: { type: "json_object" } });
    await ask({});
    expect(asked.constraints).toEqual([schema, { type: "object" }, undefined]);
  });

  test.each([
    [0, "most-predictable"],
    [0.5, "predictable"],
    [1, "balanced"],
    [1.5, "creative"],
    [2, "most-creative"],
  ])("takes temperature %d for %s", async (temperature, samplingMode) => {
    const asked = installLanguageModel({ says: ["."] });
    await ask({ temperature });
    expect(asked.availability[0]?.samplingMode).toBe(samplingMode);
  });

  test("streams in chunks of one id, from this device", async () => {
    installLanguageModel({ says: ["One ", "", "two."] });
    const { data, response } = await client()
      .chat.completions.create({ model: "on-device", messages: [...HELLO], stream: true })
      .withResponse();
    const chunks = await Array.fromAsync(data);
    expect(chunks.map(({ choices: [choice] }) => choice?.delta.content ?? choice?.finish_reason)).toEqual([
      "",
      "One ",
      "two.",
      "stop",
    ]);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(response.headers.get("x-mintgate-source")).toBe("device");
    expect(response.headers.get("x-bt-used-endpoint")).toBe("window");
  });

  test("answers the Responses API and legacy completions, too", async () => {
    installLanguageModel({ says: ["Hi ", "there."] });
    const response = await client().responses.create({ model: "on-device", input: "Hello" });
    expect(response.output_text).toBe("Hi there.");
    const completion = await client().completions.create({ model: "on-device", prompt: "Hello" });
    expect(completion.choices[0]?.text).toBe("Hi there.");
  });

  test.each<[string, object]>([
    ["max_completion_tokens", { max_completion_tokens: 5 }],
    ["stop", { stop: ["."] }],
    ["n", { n: 2 }],
    ["tools", { tools: [{ type: "function", function: { name: "f" } }] }],
    ["logprobs", { logprobs: true }],
    ["nonsense", { nonsense: 1 }],
    [
      "messages[0].content[0]",
      {
        messages: [
          { role: "user", content: [{ type: "image_url", image_url: { url: "https://elsewhere.example/x" } }] },
        ],
      },
    ],
    ["messages[1]", { messages: [...HELLO, { role: "tool", tool_call_id: "a", content: "1" }] }],
  ])("names %s, which it has nothing like", async (param, extra) => {
    const asked = installLanguageModel({ says: ["."] });
    const error = await failure(ask(extra as Body));
    expect(error).toMatchObject({ status: 400, type: "invalid_request_error", code: "invalid_value", param });
    expect(asked.availability).toEqual([]);
  });

  const UNAVAILABLE: readonly [string, Behaviour | undefined, RegExp][] = [
    ["a browser without one", undefined, /Chrome 148 or later/],
    ["a device that it cannot run on", { availability: "unavailable" }, /22 GB/],
    ["a download without a click", { availability: "downloadable", failsToCreate: "NotAllowedError" }, /click/],
    ["a policy that forbids it", { failsToCreate: "NotAllowedError" }, /permissions policy/],
    ["a failed download", { availability: "downloading", failsToCreate: "NetworkError" }, /download .* failed/],
  ];
  test.each(UNAVAILABLE)("%s is a 400 that says what is needed", async (_, behaviour, message) => {
    if (behaviour) installLanguageModel(behaviour);
    for (const stream of [false, true]) {
      const error = await failure(ask({ stream } as Partial<Body>));
      expect(error).toMatchObject({ status: 400, code: "model_unavailable", param: "model" });
      expect(error?.message).toMatch(message);
    }
  });

  test("reports how its download goes on, where there is one", async () => {
    const events: GateEvent[] = [];
    onTestFinished(onEvent((event) => events.push(event)));
    const of = (id: string) => events.filter((event) => "requestId" in event && event.requestId === id);
    const isDone = (id: string) => vi.waitFor(() => expect(of(id).at(-1)?.type).toBe("done"));

    installLanguageModel({ availability: "downloadable", says: ["Here."] });
    await ask({}, "first");
    await isDone("first");
    const told = { type: "download", by: "page", requestId: "first", model: "on-device" };
    expect(of("first").slice(1, 4)).toEqual([0, 0.5, 1].map((loaded) => ({ ...told, loaded })));

    installLanguageModel({ says: ["Here."] });
    await ask({}, "second");
    await isDone("second");
    expect(of("second").map(({ type }) => type)).toEqual(["request", "miss", "done"]);
    expect(of("second")[1]).toMatchObject({ source: "device", endpoint: "window", status: 200, by: "page" });
  });

  test("stops when the caller leaves, before its first word or after", async () => {
    for (const says of [[], ["One "]]) {
      const asked = installLanguageModel({ says, hangs: true });
      const abort = new AbortController();
      const read = (async () => {
        const stream = await client().chat.completions.create(
          { model: "on-device", messages: [...HELLO], stream: true },
          { signal: abort.signal },
        );
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) abort.abort();
      })();
      if (says.length === 0) {
        await vi.waitFor(() => expect(asked.inputs).toHaveLength(1));
        abort.abort();
      }
      await read.catch((error: unknown) => expect(error).toBeInstanceOf(OpenAI.APIUserAbortError));
      await vi.waitFor(() => expect(asked).toMatchObject({ aborted: ["answer"], destroyed: 1 }));
    }
  });

  test("a conversation that is too long, a language that it does not know and a failure have errors of their own", async () => {
    const cases = [
      ["QuotaExceededError", 400, "context_length_exceeded"],
      ["NotSupportedError", 400, "unsupported_content"],
      ["UnknownError", 500, "model_failed"],
    ] as const;
    for (const [failsToSay, status, code] of cases) {
      const asked = installLanguageModel({ failsToSay });
      expect(await failure(ask({}))).toMatchObject({ status, code });
      expect(asked.destroyed).toBe(1);
    }
  });

  test("an answer that fails half-way ends in an error, one that the browser held back in content_filter", async () => {
    const read = async () => {
      const stream = await client().chat.completions.create({ model: "on-device", messages: [...HELLO], stream: true });
      return (await Array.fromAsync(stream)).at(-1)?.choices[0]?.finish_reason;
    };
    installLanguageModel({ says: ["One "], failsToSay: "UnknownError" });
    expect(await failure(read())).toMatchObject({ code: "model_failed" });
    installLanguageModel({ says: ["One "], failsToSay: "NotReadableError" });
    expect(await read()).toBe("content_filter");
  });
});
