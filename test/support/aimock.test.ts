import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OTHER_ANSWERS, type OtherProvider, startOtherProvider } from "./aimock.ts";
import { orderInText } from "./stand-in/orders.ts";
import { WEATHER_SCHEMA } from "./stand-in/test-orders.ts";
import { type StandIn, startStandIn } from "./stand-in.ts";

let other: OtherProvider;
let standIn: StandIn;
beforeAll(async () => {
  [other, standIn] = await Promise.all([startOtherProvider(), startStandIn()]);
});
afterAll(() => Promise.all([other.stop(), standIn.stop()]));

interface Said {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
}

/** What a maker's own SDK makes of a streamed answer. */
const SDKS: Readonly<Record<string, (origin: string, content: string) => Promise<Said>>> = {
  async OpenAI(origin, content) {
    const client = new OpenAI({ apiKey: "any", baseURL: `${origin}/v1`, maxRetries: 0 });
    const tools = [{ type: "function" as const, function: { name: "weather", parameters: WEATHER_SCHEMA as never } }];
    const asked = { model: "gpt-4o", messages: [{ role: "user" as const, content }], tools };
    const message = await client.chat.completions.stream(asked).finalMessage();
    const calls = message.tool_calls?.flatMap((call) => (call.type === "function" ? [call.function] : [])) ?? [];
    return {
      text: message.content ?? "",
      calls: calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) })),
    };
  },
  async Anthropic(origin, content) {
    const client = new Anthropic({ apiKey: "any", baseURL: origin, maxRetries: 0 });
    const message = await client.messages
      .stream({
        model: "claude-sonnet-4-6",
        max_tokens: 100,
        messages: [{ role: "user", content }],
        tools: [{ name: "weather", input_schema: WEATHER_SCHEMA as never }],
      })
      .finalMessage();
    return {
      text: message.content.map((block) => (block.type === "text" ? block.text : "")).join(""),
      calls: message.content.flatMap((block) =>
        block.type === "tool_use" ? [{ name: block.name, arguments: block.input }] : [],
      ),
    };
  },
  async Google(origin, contents) {
    const client = new GoogleGenAI({ apiKey: "any", apiVersion: "v1beta", httpOptions: { baseUrl: origin } });
    const tools = [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: WEATHER_SCHEMA }] }];
    const model = "gemini-2.5-flash";
    const parts = [];
    for await (const event of await client.models.generateContentStream({ model, contents, config: { tools } })) {
      parts.push(...(event.candidates?.[0]?.content?.parts ?? []));
    }
    return {
      text: parts.map((part) => part.text ?? "").join(""),
      calls: parts.flatMap(({ functionCall: call }) => (call ? [{ name: call.name ?? "", arguments: call.args }] : [])),
    };
  },
};

test.each(Object.entries(SDKS))(
  "%s's SDK reads the stand-in as it reads a provider of other authors",
  async (_, ask) => {
    const { text, calls } = OTHER_ANSWERS;
    const origin = new URL(standIn.url).origin;
    expect(await ask(other.origin, "speak")).toEqual({ text, calls: [] });
    expect(await ask(origin, orderInText({ text }))).toEqual({ text, calls: [] });
    expect(await ask(other.origin, "call")).toEqual({ text: "", calls });
    expect(await ask(origin, orderInText({ toolCalls: calls }))).toEqual({ text: "", calls });
  },
);
