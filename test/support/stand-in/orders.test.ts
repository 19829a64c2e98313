import { afterAll, beforeAll, expect, test } from "vitest";
import { order, type StandIn, startStandIn } from "../stand-in.ts";
import { orderInText } from "./orders.ts";

let standIn: StandIn;
beforeAll(async () => {
  standIn = await startStandIn();
});
afterAll(() => standIn.stop());

const origin = () => new URL(standIn.url).origin;
const HEADERS = { "content-type": "application/json", "anthropic-version": "2023-06-01" };

/** The same words in each format, on its streaming call. */
const FORMATS: readonly (readonly [string, string, (text: string) => object])[] = [
  ["Chat Completions", "/v1/chat/completions", (content) => ({ stream: true, messages: [{ role: "user", content }] })],
  ["Responses", "/v1/responses", (input) => ({ stream: true, input })],
  [
    "Anthropic",
    "/v1/messages",
    (content) => ({ model: "m", max_tokens: 9, stream: true, messages: [{ role: "user", content }] }),
  ],
  ["Gemini", "/v1beta/models/m:streamGenerateContent?alt=sse", (text) => ({ contents: [{ parts: [{ text }] }] })],
  ["Bedrock", "/model/m/converse-stream", (text) => ({ messages: [{ role: "user", content: [{ text }] }] })],
];

const post = (path: string, body: object) =>
  fetch(`${origin()}${path}`, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });

test.each(FORMATS)("obeys an order in the text of %s, the last one of several", async (_, path, body) => {
  const text = `${orderInText({ text: "First." })} and ${orderInText({ text: "Second." })}`;
  const answer = await (await post(path, body(text))).text();
  expect([answer.includes("First."), answer.includes("Second.")]).toEqual([false, true]);
});

test.each(FORMATS)("answers with the status, body and headers that are ordered in %s", async (_, path, body) => {
  const answer = await post(path, body(orderInText({ status: 418, body: "tea", headers: { "x-pot": "small" } })));
  expect([answer.status, await answer.text(), answer.headers.get("x-pot")]).toEqual([418, "tea", "small"]);
});

test.each(FORMATS)("cuts a stream of %s after the events that are ordered", async (_, path, body) => {
  const answer = await post(path, body(orderInText({ events: 50, cutAfterEvents: 4 })));
  await expect(answer.arrayBuffer()).rejects.toThrow();
  expect(standIn.requests.at(-1)?.eventsSent).toBe(4);
});

test.each(FORMATS)("sends the events of %s as its gate allows, byte by byte", async (name, path, body) => {
  standIn.gate(name).allow(2);
  const answer = await post(path, body(orderInText({ text: "Grüße aus der Ferne", gate: name, split: "byte" })));
  const { number } = await standIn.waitFor(({ orders, eventsSent }) => orders.gate === name && eventsSent === 2);
  standIn.gate(name).allow(50);
  await answer.arrayBuffer();
  const request = await standIn.waitFor((one) => one.number === number && one.closed);
  expect(request.complete).toBe(true);
});

test.each(FORMATS)("gives equal requests of %s equal bytes", async (_, path, body) => {
  const asked = body(orderInText({ reasoning: "So it is.", text: "Yes." }));
  const answers = [await (await post(path, asked)).text(), await (await post(path, asked)).text()];
  expect(answers[0]).toBe(answers[1]);
});

test("ends Google's lines as Google does, unless ordered otherwise", async () => {
  const [, path = "", body = () => ({})] = FORMATS[3] ?? [];
  expect(await (await post(path, body("Hi."))).text()).toContain("\r\n\r\n");
  expect(await (await post(path, body(orderInText({ newline: "lf" })))).text()).not.toContain("\r");
});

test("an order for a turn is spent when its tools have given their results", async () => {
  const call = { id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } };
  const ask = async (content: string) => {
    const messages = [
      { role: "user", content: orderInText({ text: "From the user." }) },
      { role: "assistant", tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content },
    ];
    return (await post("/v1/chat/completions", { messages })).text();
  };
  expect(await ask("Sun.")).toContain("Tool results: ");
  expect(await ask(orderInText({ text: "From the tool." }))).toContain("From the tool.");
});

test("an order in a field counts before one in the text", async () => {
  const messages = [{ role: "user", content: orderInText({ text: "Text." }) }];
  const answer = await post("/v1/chat/completions", { messages, ...order({ text: "Field." }) });
  expect(await answer.text()).toContain("Field.");
});
