import { describe, expect, test } from "vitest";
import type { ChatRequest, Setting } from "../../mint-server/wire/chat-request.ts";
import { FieldError } from "../../mint-server/wire/read.ts";
import { checkSupport } from "../../mint-server/wire/support.ts";
import { ALL_WIRES, CALLERS, type Caller, type SpokenWire, schemas, wireOf, wires } from "./support/formats.ts";
import { plainRequest, UNSAID, type Unsaid } from "./support/plain.ts";
import { assistant, CLOCK, call, chatRequest, image, PNG, pdf, result, say, user, WEATHER } from "./support/samples.ts";

/** Models that can say the most in each format. */
const MODELS: Readonly<Record<SpokenWire, string>> = {
  openai: "gpt-5.4",
  responses: "gpt-5.4",
  anthropic: "claude-sonnet-4-5",
  google: "gemini-3-flash-preview",
  bedrock: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
};

interface Scenario {
  readonly name: string;
  readonly fields: Partial<ChatRequest>;
  /** What a caller's schema must be able to say for the scenario to make sense in it. */
  readonly needs?: Unsaid;
  /** What some providers refuse, by the caller's field. */
  readonly refused?: Setting;
}

const tools = [WEATHER, { ...CLOCK, strict: false }];
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "array", items: { type: "integer" } } },
  required: ["city", "days"],
  additionalProperties: false,
};

const SCENARIOS: readonly Scenario[] = [
  {
    name: "several system and developer messages, each in its place",
    fields: {
      messages: [
        { role: "system", parts: [say("You are brief.")] },
        { role: "developer", parts: [say("You speak German."), say("You are kind.")] },
        user(say("Hi"), say("there")),
        assistant(say("Hallo.")),
        { role: "system", parts: [say("Now you rhyme.")] },
        user(say("Again?")),
        assistant(say("Ja.")),
        user(say("Last")),
        { role: "developer", parts: [say("Say goodbye.")] },
      ],
    },
  },
  ...(
    [
      { kind: "auto" },
      { kind: "none" },
      { kind: "required" },
      { kind: "function", name: "clock" },
      { kind: "allowed", names: ["weather"], required: true },
      { kind: "allowed", names: ["weather"], required: false },
    ] as const
  ).map((toolChoice) => ({ name: `tools, ${JSON.stringify(toolChoice)}`, fields: { tools, toolChoice } })),
  { name: "strict tools", fields: { tools: [{ ...WEATHER, strict: true }] } },
  {
    name: "one call at a time",
    fields: { tools, parallelToolCalls: false },
    needs: "single",
    refused: "singleToolCall",
  },
  {
    name: "two parallel calls and their results, whose order is another",
    fields: {
      tools,
      messages: [
        user(say("Weather and time?")),
        assistant(
          say("I will look."),
          call("call_a", "weather", { city: 'K"ö\\ln\n' }),
          call("call_b", "weather", { city: "東京" }),
          call("call_c", "clock", {}),
        ),
        user(result("call_a", say('{"sun":true}')), result("call_b", say("rain 🌧️")), {
          kind: "tool_result",
          callId: "call_c",
          parts: [say("no clock")],
          isError: true,
          at: "",
        }),
        assistant(say("Fine."), call("call_d", "weather", { city: "Rom" })),
        user(result("call_d", say("12345678901234567890")), say("And now?")),
      ],
    },
  },
  {
    name: "images in results",
    fields: {
      tools,
      messages: [
        user(say("Look.")),
        assistant(call("call_a", "weather", {}), call("call_b", "clock", {})),
        user(result("call_a", say("a picture"), image()), result("call_b", say("noon"))),
      ],
    },
  },
  {
    name: "images in the request",
    fields: {
      messages: [user(say("Which?"), image(), { ...image(), detail: "low" } as ReturnType<typeof image>, say("Or?"))],
    },
  },
  { name: "a PDF", fields: { messages: [user(pdf(), say("What does it say?"))] } },
  {
    name: "a schema",
    fields: {
      output: { kind: "schema", name: "forecast", description: "A forecast.", schema: SCHEMA, strict: true },
    },
  },
  { name: "JSON of any shape", fields: { output: { kind: "json" } }, needs: "jsonMode" },
  { name: "limits", fields: { maxTokens: 77 } },
  { name: "the user's name", fields: { user: "u-1" }, needs: "user" },
  { name: "chance", fields: { temperature: 0.3 } },
  { name: "stop sequences", fields: { stop: ["END", "\n\nHuman:"] }, needs: "stop", refused: "stop" },
  ...(["low", "high"] as const).map((effort) => ({
    name: `${effort} effort`,
    fields: { reasoning: { effort, show: true } },
  })),
  { name: "a stream", fields: { stream: true } },
];

/** The body that a client of the schema would write. */
function bodyOf(caller: Caller, fields: Partial<ChatRequest>): Record<string, unknown> {
  const wire = wireOf(caller);
  return wires[wire].encodeRequest(chatRequest({ maxTokens: 30_000, ...fields, model: MODELS[wire] }), {});
}

function read(caller: Caller, body: Record<string, unknown>, to: SpokenWire): ChatRequest {
  return schemas[caller].decodeRequest(body, { model: MODELS[to], stream: body.stream === true });
}

/** A path such as `tools[0].strict` in a body. */
function at(body: unknown, path: string): unknown {
  let value = body;
  for (const key of path.split(/[.[\]]+/).filter(Boolean))
    value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

describe.each(CALLERS)("%s to", (caller) => {
  describe.each(ALL_WIRES)("%s:", (to) => {
    const from = wireOf(caller);
    const sayable = SCENARIOS.filter(({ needs }) => !needs || !(needs in UNSAID[from]));

    test.each(sayable)("$name", ({ fields, refused }) => {
      const body = bodyOf(caller, fields);
      const sent = JSON.stringify(body);
      const given = chatRequest({ maxTokens: 30_000, ...fields, model: MODELS[to], stream: fields.stream ?? false });
      const request = read(caller, body, to);
      expect(JSON.stringify(body)).toBe(sent);
      const stream = fields.stream ?? false;
      expect(plainRequest({ ...request, stream }, from)).toEqual(plainRequest(given, from));
      for (const field of request.asked.values()) expect(at(body, field), field).toBeDefined();

      if (refused && wires[to].support[refused] === "refused") {
        expect(() => checkSupport(request, wires[to].support)).toThrow(FieldError);
        return;
      }
      checkSupport(request, wires[to].support);
      const before = JSON.stringify(request);
      const encoded = wires[to].encodeRequest({ ...request, stream }, {});
      expect(JSON.stringify(request)).toBe(before);
      if (to === "bedrock") {
        for (const word of wordsOf(request))
          expect(JSON.stringify(encoded)).toContain(JSON.stringify(word).slice(1, -1));
        return;
      }
      const again = read(to === "openai" ? "chat" : to, encoded, to);
      expect(plainRequest({ ...again, stream }, from, to)).toEqual(plainRequest({ ...request, stream }, from, to));
    });
  });
});

/** Every text, name, id and file of a conversation. */
function wordsOf({ messages, tools: offered, toolChoice }: ChatRequest): readonly string[] {
  const isNone = toolChoice?.kind === "none";
  const said = messages
    .flatMap(({ parts }) => parts)
    .flatMap((part): string[] => {
      switch (part.kind) {
        case "text":
          return [part.text];
        case "tool_call":
          return [part.id, part.name, ...Object.values(JSON.parse(part.arguments) as Record<string, string>)];
        case "tool_result":
          return [part.callId, ...part.parts.flatMap((inner) => (inner.kind === "text" ? [inner.text] : [PNG]))];
        case "image":
        case "file":
          return part.source.kind === "base64" ? [part.source.data] : [];
        default:
          return [];
      }
    });
  const names = offered.flatMap((tool) => (tool.kind === "function" ? [tool.name, tool.description ?? ""] : []));
  return [...said, ...(isNone || toolChoice?.kind === "allowed" ? [] : names)];
}
