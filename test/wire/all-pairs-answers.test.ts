import { describe, expect, test } from "vitest";
import { type ChatAnswer, eventsOf, type FinishReason, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest, Part } from "../../mint-server/wire/chat-request.ts";
import { createTranslation } from "../../mint-server/wire/translation.ts";
import { CLIENTS } from "./support/clients.ts";
import { asTold, collect, decodeStream } from "./support/collect.ts";
import { converseAnswer, converseFrames, joined } from "./support/converse.ts";
import {
  ALL_WIRES,
  CALLERS,
  type Caller,
  callerOf,
  type SpokenWire,
  schemas,
  wireOf,
  wires,
} from "./support/formats.ts";
import { type PlainAnswer, plainAnswer } from "./support/plain.ts";
import { CLOCK, call, chatRequest, createStamp, say, user, WEATHER } from "./support/samples.ts";

/** One model of each provider that thinks aloud and wants its thoughts back. */
const MODELS: Readonly<Record<SpokenWire, string>> = {
  openai: "deepseek-reasoner",
  responses: "gpt-5.4-pro",
  anthropic: "claude-sonnet-4-5",
  google: "gemini-3-flash-preview",
  bedrock: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
};

/** The answer's id as its provider would make it. */
const IDS: Readonly<Record<SpokenWire, string | undefined>> = {
  openai: "chatcmpl-1",
  responses: "resp_1",
  anthropic: "msg_1",
  google: "g-1",
  bedrock: undefined,
};

interface Sample {
  readonly name: string;
  readonly choices: (wire: SpokenWire) => readonly { readonly parts: readonly Part[]; readonly reason: FinishReason }[];
  readonly usage?: ChatAnswer["usage"];
  /** The wires whose providers can say so. */
  readonly only?: readonly SpokenWire[];
  /** The callers who can be told so. */
  readonly callers?: readonly Caller[];
}

const TRICKY = 'Grüße 👩‍👩‍👧, e\u0301, 日本語!\n\ndata: [DONE]\r\n\r\nevent: error\ndata: {"error": 1}\n\n"\\u0000" ';
const ARGUMENTS = { city: 'K"ö\\ln\n\n👋', n: 1.5, list: [null, true, { "": "data: x" }] };

/** Thoughts as the wire's provider signs them, each before what it is about. */
function thought(by: SpokenWire, text: string, value: string): Part {
  if (by === "openai") return { kind: "reasoning", text, signature: { by: "chat", value: MODELS.openai } };
  return { kind: "reasoning", text, signature: { by, value } };
}

function calling(by: SpokenWire): readonly Part[] {
  // Gemini signs the call itself.
  const signed = by === "google" ? { signature: { by, value: "c2lnLWNhbGw=" } } : {};
  return [
    thought(by, "I need both.", "sig-one"),
    ...(by === "anthropic" || by === "bedrock"
      ? [{ kind: "reasoning", text: "", signature: { by, value: "c2VjcmV0", redacted: true } } as const]
      : []),
    say("I will look."),
    { ...call("call_a", "weather", ARGUMENTS), ...signed } as Part,
    call("call_b", "clock", { zone: "CET" }),
  ];
}

const SAMPLES: readonly Sample[] = [
  { name: "text", choices: () => [{ parts: [say(TRICKY)], reason: "stop" }] },
  { name: "nothing at all", choices: () => [{ parts: [], reason: "stop" }] },
  { name: "text that was cut at its limit", choices: () => [{ parts: [say("So lo")], reason: "length" }] },
  {
    name: "thoughts, text, and parallel calls",
    choices: (wire) => [{ parts: calling(wire), reason: "tool_calls" }],
    usage: { inputTokens: 100, outputTokens: 40, cachedTokens: 30, reasoningTokens: 25 },
  },
  {
    name: "a call without arguments and nothing else",
    choices: () => [{ parts: [call("call_a", "clock", {})], reason: "tool_calls" }],
  },
  {
    name: "a refusal",
    choices: () => [{ parts: [{ kind: "refusal", text: "I will not." }], reason: "refusal" }],
    only: ["openai", "responses"],
    callers: ["chat", "responses"],
  },
  {
    name: "an answer that was filtered",
    choices: () => [{ parts: [say("A")], reason: "content_filter" }],
    only: ["openai", "responses", "google", "bedrock"],
    callers: ["chat", "responses", "google"],
  },
  {
    name: "two choices",
    choices: () => [
      { parts: [say("One")], reason: "stop" },
      { parts: [say("Two"), call("call_a", "clock", {})], reason: "tool_calls" },
    ],
    only: ["openai", "google"],
    callers: ["chat", "google"],
  },
];

function answerOf({ choices, usage }: Sample, wire: SpokenWire): ChatAnswer {
  const id = IDS[wire];
  return {
    ...(id && { id }),
    model: MODELS[wire],
    choices: choices(wire).map(({ parts, reason }, index) => ({ index, parts, finish: { reason } })),
    ...(usage && { usage }),
  };
}

const TOOLS = { tools: [WEATHER, CLOCK], reasoning: { effort: "high", show: true } } as const;

function requestOf(wire: SpokenWire, stream: boolean, { choices }: Pick<ChatAnswer, "choices">): ChatRequest {
  return chatRequest({ ...TOOLS, model: MODELS[wire], stream, maxTokens: 30_000, choices: choices.length });
}

/** What the provider says. */
function saidBy(wire: SpokenWire, answer: ChatAnswer): Json {
  const caller = callerOf(wire);
  if (!caller) return converseAnswer(answer);
  const body = schemas[caller].encodeAnswer(answer, requestOf(wire, false, answer), createStamp());
  return JSON.parse(asProvider(JSON.stringify(body))) as Json;
}

/** What the provider says as a stream, in small pieces. */
function streamedBy(wire: SpokenWire, answer: ChatAnswer): Uint8Array {
  const caller = callerOf(wire);
  if (!caller) return joined(converseFrames(answer));
  const encoder = schemas[caller].createStreamEncoder(requestOf(wire, true, answer), createStamp());
  const events = [...eventsOf(answer)].flatMap(inPieces);
  return new TextEncoder().encode(asProvider(events.map((event) => encoder.encode(event)).join("")));
}

/** Providers carry nothing in the ids of calls. */
function asProvider(text: string): string {
  return text.replace(/_mg1_[\w-]+/g, "");
}

/** Cut every three code points, inside escapes too. */
function inPieces(event: StreamEvent): readonly StreamEvent[] {
  if (!("text" in event)) return [event];
  return (event.text.match(/.{1,3}/gsu) ?? []).map((text) => ({ ...event, text }));
}

/** The answer that a caller gets, in the caller's schema. */
function translated(wire: SpokenWire, caller: Caller, { answer, stream }: { answer: ChatAnswer; stream: boolean }) {
  const request = requestOf(wire, stream, answer);
  if (!stream) {
    const decoded = wires[wire].decodeAnswer(saidBy(wire, answer), request);
    if (!decoded) throw new Error("the provider's answer was none");
    return JSON.parse(JSON.stringify(schemas[caller].encodeAnswer(decoded, request, createStamp()))) as Json;
  }
  const decoder = wires[wire].createStreamDecoder(request);
  const encoder = schemas[caller].createStreamEncoder(request, createStamp());
  const translation = createTranslation({ framing: wires[wire].framing, decoder, encoder, clean: asTold });
  const text = translation.feed(streamedBy(wire, answer)) + translation.end();
  return CLIENTS[caller].gather(text);
}

type Json = Readonly<Record<string, unknown>>;

/** What every format through which an answer went can say of its usage; what is nowhere told counts as none. */
function usageOf(usage: object | undefined): object | undefined {
  if (!usage) return undefined;
  const { inputTokens, outputTokens, cachedTokens = 0 } = usage as NonNullable<ChatAnswer["usage"]>;
  return { inputTokens, outputTokens, cachedTokens };
}

function meaning({ usage, signed: _, ...rest }: PlainAnswer, isTold: boolean): object {
  return { ...rest, usage: isTold ? usageOf(usage) : undefined };
}

describe.each(ALL_WIRES)("an answer of %s", (wire) => {
  const samples = SAMPLES.filter(({ only }) => only?.includes(wire) ?? true);

  test.each(samples)("is read whole: $name", (sample) => {
    const answer = answerOf(sample, wire);
    const expected = meaning(plainAnswer(answer, wire), true);
    const whole = wires[wire].decodeAnswer(saidBy(wire, answer), requestOf(wire, false, answer));
    const streamed = collect(decodeStream(wire, streamedBy(wire, answer), requestOf(wire, true, answer)));
    for (const decoded of [whole, streamed]) {
      expect(decoded && meaning(plainAnswer(decoded, wire), answer.usage !== undefined)).toEqual(expected);
      expect(decoded?.id).toBe(answer.id);
      expect(decoded?.model).toBe(answer.model);
    }
  });

  describe.each(CALLERS)("to a caller of %s", (caller) => {
    const told = samples.filter(({ callers }) => callers?.includes(caller) ?? true);

    test.each(told.flatMap((sample) => [false, true].map((stream) => ({ ...sample, stream }))))(
      "is the same, stream $stream: $name",
      (sample) => {
        const answer = answerOf(sample, wire);
        const body = translated(wire, caller, { answer, stream: sample.stream });
        const own = wireOf(caller);
        const again = wires[own].decodeAnswer(body, requestOf(own, false, answer));
        const isTold = answer.usage !== undefined;
        expect(again && meaning(plainAnswer(again, own), isTold)).toEqual(meaning(plainAnswer(answer, wire), isTold));
        if (wire !== "openai")
          expect(new Set(again && plainAnswer(again, own).signed)).toEqual(new Set(plainAnswer(answer, wire).signed));
      },
    );
  });
});

const NEXT = { results: ["sunny", "noon"], words: "Thanks. And now?" };

describe.each(ALL_WIRES)("a conversation with %s goes on", (wire) => {
  const answer: ChatAnswer = {
    ...answerOf({ name: "", choices: (by) => [{ parts: calling(by), reason: "tool_calls" }] }, wire),
  };
  const secrets = plainAnswer(answer, wire).signed;

  describe.each(CALLERS)("for a caller of %s", (caller) => {
    const native = wireOf(caller);
    const first = wires[native].encodeRequest(
      chatRequest({ ...TOOLS, model: MODELS[native], messages: [user(say("Weather and time?"))], maxTokens: 30_000 }),
      {},
    );

    /** The second request of the conversation as it is read for another provider's model. */
    const next = (stream: boolean, to: SpokenWire): ChatRequest => {
      const body = CLIENTS[caller].goOn(first, translated(wire, caller, { answer, stream }), NEXT);
      const text = JSON.stringify(body);
      return schemas[caller].decodeRequest(JSON.parse(text), { model: MODELS[to], stream: false });
    };

    test.each([false, true])("with its signatures where they were, stream %s", (stream) => {
      const request = next(stream, wire);
      const said = request.messages.filter(({ role }) => role === "assistant").flatMap(({ parts }) => parts);
      // Only clients of Chat Completions return no thoughts but those that their calls' ids carry.
      const expected = answer.choices[0]?.parts.map((part) =>
        part.kind === "tool_call" ? { ...part, arguments: JSON.stringify(JSON.parse(part.arguments)) } : part,
      );
      expect(said.map(withoutOwnId).reduce(withItsSignature, [])).toEqual(expected);
      const results = request.messages.flatMap(({ parts }) => parts.filter(({ kind }) => kind === "tool_result"));
      expect(results).toMatchObject([{ callId: "call_a" }, { callId: "call_b" }]);

      const body = JSON.stringify(wires[wire].encodeRequest(request, {}));
      for (const secret of secrets) expect(body).toContain(JSON.stringify(secret));
      expect(body).not.toContain("mg1");
      expect(body).not.toContain("bWcxX");
      for (const id of ["call_a", "call_b"]) if (wire !== "google") expect(body.split(`"${id}"`)).toHaveLength(3);
      const twin = callerOf(wire);
      if (!twin) return;
      const { messages } = schemas[twin].decodeRequest(JSON.parse(body), { model: MODELS[wire], stream: false });
      const returned = messages.filter(({ role }) => role === "assistant").flatMap(({ parts }) => parts);
      expect(returned.flatMap(signaturesIn)).toEqual(wire === "openai" ? [] : secrets);
    });

    test.each(ALL_WIRES.filter((other) => other !== wire))("without them for %s", (other) => {
      for (const stream of [false, true]) {
        const body = JSON.stringify(wires[other].encodeRequest(next(stream, other), {}));
        for (const secret of secrets) expect(body).not.toContain(secret);
        expect(body).not.toContain("I need both.");
        expect(body).not.toContain("mg1");
        expect(body).not.toContain("bWcxX");
        for (const id of ["call_a", "call_b"]) expect(body.split(`"${id}"`)).toHaveLength(3);
        for (const word of ["I will look.", ...NEXT.results, NEXT.words]) expect(body).toContain(word);
      }
    });
  });
});

/** OpenAI's thoughts have an id beside their signature, which the provider made here. */
function withoutOwnId(part: Part): Part {
  if (part.kind !== "reasoning" || !part.signature) return part;
  const { id: _, ...signature } = part.signature;
  return { ...part, signature };
}

/** Streams of Gemini's sign a thought after it, in a part of its own. */
function withItsSignature(before: readonly Part[], part: Part): readonly Part[] {
  const last = before.at(-1);
  return part.kind === "reasoning" && part.text === "" && last?.kind === "reasoning" && !last.signature
    ? [...before.slice(0, -1), { ...part, text: last.text }]
    : [...before, part];
}

function signaturesIn(part: Part): string[] {
  return (part.kind === "reasoning" || part.kind === "tool_call") && part.signature ? [part.signature.value] : [];
}
