import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import type { Ask, Client } from "../clients/client.ts";
import { CLIENTS } from "../clients/clients.ts";
import { PROVIDERS, type Provider, providerSettings } from "../clients/providers.ts";
import { SCENARIOS, type Stage } from "../clients/scenarios.ts";
import { buildBarePage } from "../support/bare-page.ts";
import { until } from "../support/browser-rig.ts";
import type { Engine, Tab } from "../support/engines/engine.ts";
import { startEngine } from "../support/engines/start-engine.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";

let standIn: StandIn;
let rig: Rig;
let engine: Engine;
let assets: string;
let tab: Tab;
beforeAll(async () => {
  [standIn, engine, assets] = await Promise.all([
    startStandIn(),
    startEngine(inject("engine")),
    buildBarePage("clients-page"),
  ]);
  rig = await startRig({ assets, settings: providerSettings(standIn.port) });
  tab = await (await engine.newProfile()).newTab();
  await tab.goTo(rig.server.url);
  await until(tab, () => "libraries" in globalThis);
  const mode = await tab.evaluate(() => libraries.register().then((registration) => registration.mode));
  if (mode !== "worker") throw new Error(`the ${mode} answers`);
});
afterAll(async () => {
  await engine.close();
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
  });
});

test.each(CLIENTS)("$name, in a page with the mint-server's own base URL", async (client) => {
  const provider = PROVIDERS.find(({ name }) => name === "Anthropic") as Provider;
  await SCENARIOS["text, streaming"]?.(stageOf(client, provider, `${rig.server.url}/v1/proxy`));
});

function stageOf(client: Client, provider: Provider, baseURL?: string): Stage {
  return {
    client,
    provider,
    standIn,
    attempt: (question) =>
      attemptIn(tab, client.name, {
        ...question,
        model: provider.model,
        apiKey: "browser",
        ...(baseURL && { baseURL }),
      }),
  };
}

function attemptIn(page: Tab, name: string, ask: Ask) {
  return page.evaluate(([client, question]) => libraries.attempt(client, question), [name, ask] as const);
}
