import { expect } from "vitest";
import { TEXT } from "../support/stand-in/test-orders.ts";
import { aiSdkOpenAIChat } from "./ai-sdk.ts";
import type { Client } from "./client.ts";
import { googleChats } from "./google-genai.ts";
import { langchainAnthropic, langchainOpenAI, langchainResponses } from "./langchain.ts";
import { openaiChat } from "./openai-chat.ts";
import type { Provider } from "./providers.ts";

/** What a library cannot do, at these providers or at all; the scenario fails with what `failsWith` says of its error. */
export interface Limit {
  readonly clients: readonly Client[];
  readonly scenarios: readonly string[];
  readonly providers?: readonly string[];
  readonly reason: string;
  readonly failsWith: object;
}

const message = (part: string) => ({ message: expect.stringContaining(part) });
const both = (title: string) => [title, `${title}, streaming`];
const ALL_BUT_MISTRAL = ["OpenAI", "OpenAI's Responses alone", "Anthropic", "Google", "Bedrock"];

const LIMITS: readonly Limit[] = [
  {
    clients: [aiSdkOpenAIChat],
    scenarios: both("thoughts, shown"),
    providers: ALL_BUT_MISTRAL,
    reason: "its chat model has no place for thoughts",
    failsWith: { actual: [TEXT, ""] },
  },
  {
    clients: [aiSdkOpenAIChat],
    scenarios: ["thoughts, shown", "signatures of thoughts, given back"],
    providers: ["Mistral"],
    reason: "Mistral's own thoughts are pieces of the content, which it reads as text only",
    failsWith: message("Invalid JSON response"),
  },
  {
    clients: [aiSdkOpenAIChat],
    scenarios: ["thoughts, shown, streaming", "signatures of thoughts, given back, streaming"],
    providers: ["Mistral"],
    reason: "Mistral's own thoughts are pieces of the content, which it reads as text only",
    failsWith: message("Type validation failed"),
  },
  {
    clients: [openaiChat],
    scenarios: ["thoughts, shown"],
    providers: ["Mistral"],
    reason: "Mistral's own thoughts are pieces of the content, which it hands over as they are",
    failsWith: { actual: [[{ type: "thinking" }, { type: "text", text: TEXT }], ""] },
  },
  {
    clients: [openaiChat],
    scenarios: ["thoughts, shown, streaming"],
    providers: ["Mistral"],
    reason: "Mistral's own thoughts are pieces of the content, which it takes for text",
    failsWith: { actual: [expect.stringContaining(`[object Object]${TEXT}`), ""] },
  },
  {
    clients: [langchainOpenAI],
    scenarios: both("thoughts, shown"),
    providers: ["Mistral"],
    reason: "Mistral's own thoughts are pieces of the content, which it leaves out",
    failsWith: { actual: [TEXT, ""] },
  },
  {
    clients: [googleChats],
    scenarios: ["two calls at once, their results by id, streaming", "signatures of thoughts, given back, streaming"],
    providers: ["Google"],
    reason: "it makes a turn of each event, and Google wants the calls of an answer in one",
    failsWith: message("Please ensure that function call turn comes immediately after a user turn"),
  },
  {
    clients: [langchainResponses],
    scenarios: ["structured output, streaming"],
    reason: "its parser of streams reads content in one piece only, which Responses has not",
    failsWith: message("Cannot handle non-string output."),
  },
  {
    clients: [langchainAnthropic],
    scenarios: ["tokens, streaming"],
    providers: ["OpenAI", "OpenAI's Responses alone", "Bedrock", "Mistral"],
    reason: "it reads the input's tokens from a stream's first event, and the provider tells them at the end",
    failsWith: { actual: { input: 0, output: 50 } },
  },
  {
    clients: [langchainAnthropic],
    scenarios: ["tokens, streaming"],
    providers: ["Anthropic"],
    reason: "it adds the output's tokens of the first event to those of the last, which hold them",
    failsWith: { actual: { input: 100, output: 51 } },
  },
];

export function limitOf(client: Client, provider: Provider, scenario: string): Limit | undefined {
  return LIMITS.find(
    ({ clients, scenarios, providers }) =>
      clients.includes(client) &&
      scenarios.includes(scenario) &&
      (providers === undefined || providers.includes(provider.name)),
  );
}
