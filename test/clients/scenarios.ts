import { expect } from "vitest";
import { type Orders, orderInText } from "../support/stand-in/orders.ts";
import { OSLO, PARIS, TEXT, THOUGHTS } from "../support/stand-in/test-orders.ts";
import type { StandIn } from "../support/stand-in.ts";
import { PDF, PNG } from "../wire/support/samples.ts";
import type { Ask, Client, Outcome, Said } from "./client.ts";
import { type Asked, readAsked } from "./on-the-wire.ts";
import type { Provider } from "./providers.ts";
import { callWeather, WEATHER } from "./weather.ts";

/** What a scenario asks, without where and whom. */
export type Question = Omit<Ask, "apiKey" | "baseURL" | "model">;

/** A client before a provider. */
export interface Stage {
  readonly client: Pick<Client, "errors">;
  readonly provider: Provider;
  readonly standIn: StandIn;
  /** How the client's attempt went, in this process or in a page. */
  attempt(question: Question, options?: { readonly ownKey?: true }): Promise<Outcome>;
}

export type Scenario = (stage: Stage) => Promise<void>;

const user = (text: string, orders: Orders = {}) => ({ role: "user" as const, text: `${text} ${orderInText(orders)}` });

/** What the client said, and what the provider was asked for it. */
async function saidBy(
  stage: Stage,
  question: Question,
): Promise<{ readonly said: Said; readonly asked: readonly Asked[] }> {
  stage.standIn.requests.length = 0;
  const outcome = await stage.attempt(question);
  if (outcome.kind !== "said") throw new Error(`the client did not answer: ${JSON.stringify(outcome)}`);
  const asked = stage.standIn.requests.map(readAsked);
  for (const { path } of asked) expect(path).toMatch(stage.provider.paths);
  return { said: outcome.said, asked };
}

async function failureOf(stage: Stage, question: Question, options?: { readonly ownKey: true }) {
  const outcome = await stage.attempt(question, options);
  if (outcome.kind !== "failed") throw new Error(`the client did not fail: ${JSON.stringify(outcome)}`);
  return outcome;
}

const both = (title: string, make: (stream: boolean) => Scenario): Record<string, Scenario> => ({
  [title]: make(false),
  [`${title}, streaming`]: make(true),
});

/** What every client can do with every provider, once for all of them. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  async text(stage) {
    const { said } = await saidBy(stage, { stream: false, turns: [user("Hello.", { text: TEXT })] });
    expect(said.text).toBe(TEXT);
  },

  async "text, streaming"(stage) {
    const { said } = await saidBy(stage, { stream: true, turns: [user("Hello.", { text: TEXT })] });
    expect(said.text).toBe(TEXT);
    expect(said.deltas.length).toBeGreaterThan(1);
    expect(said.deltas.join("")).toBe(TEXT);
  },

  async "a system prompt and several turns"(stage) {
    const system = "Speak like a pilot.";
    const turns = [user("The first word?"), { role: "assistant" as const, text: "Roger." }, user("The second one?")];
    const { said, asked } = await saidBy(stage, { stream: false, system, turns });
    expect(said.text).toBe("Hello from the stand-in.");
    const body = asked[0]?.text ?? "";
    expect(body).toContain(system);
    const places = turns.map(({ text }) => body.indexOf(text));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places).not.toContain(-1);
  },

  ...both("a tool's call, its result and the answer", (stream) => (stage) => callTools(stage, stream, [PARIS])),
  ...both("two calls at once, their results by id", (stream) => (stage) => callTools(stage, stream, [PARIS, OSLO])),

  ...both("structured output", (stream) => async (stage) => {
    const turns = [user("As JSON, please.", { json: OSLO })];
    const { said } = await saidBy(stage, { stream, turns, schema: WEATHER.parameters });
    expect(said.object).toEqual(OSLO);
  }),

  async "a picture"(stage) {
    const { said, asked } = await saidBy(stage, { stream: false, turns: [user("What is it?")], image: PNG });
    expect(said.text).toBe("Hello from the stand-in.");
    expect(asked[0]?.text).toContain(PNG);
  },

  async "a PDF"(stage) {
    const { said, asked } = await saidBy(stage, { stream: false, turns: [user("Sum it up.")], pdf: PDF });
    expect(said.text).toBe("Hello from the stand-in.");
    expect(asked[0]?.text).toContain(PDF);
  },

  ...both("thoughts, shown", (stream) => async (stage) => {
    const turns = [user("Think.", { text: TEXT, reasoning: THOUGHTS })];
    const { said } = await saidBy(stage, { stream, turns, think: true });
    expect([said.text, said.thoughts]).toEqual([TEXT, THOUGHTS]);
  }),

  ...both("signatures of thoughts, given back", (stream) => (stage) => giveBack(stage, stream)),

  ...both("tokens", (stream) => async (stage) => {
    const usage = { input: 100, cached: 30, cacheWrite: 0, output: 50, reasoning: 10 };
    const { said } = await saidBy(stage, { stream, turns: [user("Count.", { text: TEXT, usage })] });
    expect(said.usage).toMatchObject({ input: 100, output: 50, cached: 30 });
  }),

  ...Object.fromEntries(([400, 401, 429] as const).map((status) => [`the provider's ${status}`, refusal(status)])),

  async "an error in the middle of a stream"(stage) {
    const turns = [user("Break.", { events: 9, errorInStream: 6 })];
    const { error, deltas } = await failureOf(stage, { stream: true, turns });
    expect(error.type).toBe(stage.client.errors.stream);
    expect(error.message).toContain("The stand-in was ordered to fail in the middle.");
    expect(deltas[0]).toBe("w0 ");
  },

  async "leaving in the middle of a stream"(stage) {
    const { standIn } = stage;
    standIn.requests.length = 0;
    // A gate of its own each time: what one lets through and nobody takes would stay open for the next.
    const gate = `leave ${crypto.randomUUID()}`;
    standIn.gate(gate).allow(12);
    const turns = [user("Go on.", { events: 500, gate })];
    const outcome = await stage.attempt({ stream: true, turns, leaveAfter: 2 });
    expect(outcome.kind).toBe("left");
    const request = await standIn.waitFor(({ leftEarly }) => leftEarly);
    expect(request.complete).toBe(false);
    expect(standIn.requests).toHaveLength(1);
  },

  async "letters that are cut in two"(stage) {
    const turns = [user("Hello.", { text: TEXT, split: "byte" })];
    const { said } = await saidBy(stage, { stream: true, turns });
    expect([said.text, said.deltas.join("")]).toEqual([TEXT, TEXT]);
  },
};

async function callTools(stage: Stage, stream: boolean, inputs: readonly { city: string; days: number }[]) {
  const toolCalls = inputs.map((input) => ({ name: WEATHER.name, arguments: input }));
  const turns = [user("Weather?", { toolCalls, argumentSplits: "hard" })];
  const { said, asked } = await saidBy(stage, { stream, turns, tool: orderInText({ text: TEXT }) });
  expect(said.text).toBe(TEXT);
  expect(said.calls.map(({ name, input }) => ({ name, input }))).toEqual(
    inputs.map((input) => ({ name: WEATHER.name, input })),
  );
  expect(new Set(said.calls.map(({ id }) => id)).size).toBe(inputs.length);
  expect(asked.map(({ answered }) => answered.length)).toEqual([0, inputs.length]);
  expect(asked[1]?.answered).toEqual(
    inputs.map((input) => ({
      name: WEATHER.name,
      input,
      result: expect.stringContaining(callWeather(input)),
    })),
  );
}

/** The stand-ins of Anthropic, Bedrock and Google refuse a conversation whose signatures are missing or changed. */
async function giveBack(stage: Stage, stream: boolean) {
  const toolCalls = [PARIS, OSLO].map((input) => ({ name: WEATHER.name, arguments: input }));
  const turns = [user("Weather?", { toolCalls, reasoning: THOUGHTS })];
  const tool = orderInText({ text: TEXT, reasoning: THOUGHTS });
  const then = user("Thank you.").text;
  const { said, asked } = await saidBy(stage, { stream, turns, think: true, tool, then });
  expect(said.text).toBe("Hello from the stand-in.");
  expect(asked.map(({ answered }) => answered.length)).toEqual([0, 2, 2]);
  const signed = !asked[1]?.path.endsWith("/chat/completions");
  expect(asked.slice(1).map(({ signatures }) => signatures > 0)).toEqual([signed, signed]);
}

function refusal(status: 400 | 401 | 429): Scenario {
  return async (stage) => {
    // The server, which does try again where it helps, need not wait with it.
    const headers = { "x-should-retry": "false", "retry-after-ms": "1" };
    const turns = [user("Fail.", { status, headers })];
    const { error } = await failureOf(stage, { stream: false, turns }, { ownKey: true });
    expect(error).toMatchObject({ type: stage.client.errors[status], status });
    // Of a refused key nothing is told but that.
    const told = status === 401 ? "The provider refused the API key" : `The stand-in was ordered to answer ${status}.`;
    expect(error.message).toContain(told);
  };
}
