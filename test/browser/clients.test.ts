import { rm } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ask, Client } from "../clients/client.ts";
import { CLIENTS } from "../clients/clients.ts";
import { PROVIDERS, type Provider, providerSettings } from "../clients/providers.ts";
import { SCENARIOS, type Stage } from "../clients/scenarios.ts";
import { buildBarePage } from "../support/bare-page.ts";
import { launchBrowser, openPage, type WatchedPage } from "../support/browser.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";

let standIn: StandIn;
let rig: Rig;
let browser: Browser;
let assets: string;
let watched: WatchedPage;
beforeAll(async () => {
  [standIn, browser, assets] = await Promise.all([startStandIn(), launchBrowser(), buildBarePage("clients-page")]);
  rig = await startRig({ assets, settings: providerSettings(standIn.port) });
  watched = await openPage(browser);
  await watched.page.goto(rig.server.url);
  await watched.page.waitForFunction(() => "libraries" in globalThis);
  expect((await watched.page.evaluate(() => libraries.register())).mode).toBe("worker");
});
afterAll(async () => {
  await browser.close();
  await rig.stop();
  await standIn.stop();
  await rm(assets, { recursive: true, force: true });
});

/** A provider that is foreign to each client, so that all of them have their turn. */
const FOREIGN: Readonly<Record<string, Provider["name"]>> = {
  "openai chat.completions": "Anthropic",
  "openai responses": "Google",
  "@anthropic-ai/sdk messages": "OpenAI's Responses alone",
  "@google/genai models": "Bedrock",
  "@google/genai chats": "Mistral",
  "ai, @ai-sdk/openai": "Bedrock",
  "ai, @ai-sdk/openai .chat": "Google",
  "ai, @ai-sdk/anthropic": "OpenAI",
  "LangChain ChatOpenAI": "Anthropic",
  "LangChain ChatOpenAI, Responses": "Mistral",
  "LangChain ChatAnthropic": "Google",
};

const SAMPLE = [
  "text",
  "text, streaming",
  "two calls at once, their results by id",
  "two calls at once, their results by id, streaming",
  "leaving in the middle of a stream",
];

describe.each(CLIENTS)("$name, in a page with its default base URL", (client) => {
  const provider = PROVIDERS.find(({ name }) => name === FOREIGN[client.name]);
  test.each(SAMPLE)(`%s, at ${provider?.name}`, async (title) => {
    if (!provider) throw new Error(`no provider for ${client.name}`);
    await SCENARIOS[title]?.(stageOf(client, provider));
    expect(watched.errors).toEqual([]);
  });
});

test.each(CLIENTS)("$name, in a page with the mint-server's own base URL", async (client) => {
  const provider = PROVIDERS.find(({ name }) => name === "Anthropic") as Provider;
  await SCENARIOS["text, streaming"]?.(stageOf(client, provider, `${rig.server.url}/v1/proxy`));
  expect(watched.errors).toEqual([]);
});

function stageOf(client: Client, provider: Provider, baseURL?: string): Stage {
  return {
    client,
    provider,
    standIn,
    attempt: (question) =>
      attemptIn(watched.page, client.name, {
        ...question,
        model: provider.model,
        apiKey: "browser",
        ...(baseURL && { baseURL }),
      }),
  };
}

function attemptIn(page: Page, name: string, ask: Ask) {
  return page.evaluate(([name, ask]) => libraries.attempt(name, ask), [name, ask] as const);
}
