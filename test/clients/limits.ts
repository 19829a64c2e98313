import { expect } from "vitest";
import { TEXT } from "../support/stand-in/test-orders.ts";
import { aiSdkOpenAIChat } from "./ai-sdk.ts";
import type { Client } from "./client.ts";
import { googleChats } from "./google-genai.ts";
import { langchainAnthropic, langchainOpenAI, langchainResponses } from "./langchain.ts";
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

const LIMITS: readonly Limit[] = [
  {
    clients: [aiSdkOpenAIChat],
    scenarios: both("thoughts, shown"),
    reason: "its chat model has no place for thoughts",
    failsWith: { actual: [TEXT, ""] },
  },
  {
    clients: [langchainOpenAI],
    scenarios: both("thoughts, shown"),
    providers: ["Mistral"],
    reason:
      "it asks only models for thoughts whose names it knows, so that Mistral's answer passes as it is, and reads its text alone",
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
