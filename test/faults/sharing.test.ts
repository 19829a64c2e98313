import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, bytesOf, type Call, DEFAULT_KEY, newKey, refusalOf, streaming } from "../answers/asking.ts";
import { type Rig, startRig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    config(baseURL) {
      const endpoints = [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL }];
      return { orgs: { default: { keys: [DEFAULT_KEY], endpoints } } };
    },
  });
});
afterAll(() => rig.stop());

const cacheable = { temperature: 0 };

/** The same question under one key after the other, each held; how the second was answered, and by how many calls. */
async function askTwice(body: object) {
  rig.standIn.requests.length = 0;
  const [mine, yours]: [Call, Call] = [
    { key: newKey(), body },
    { key: newKey(), body },
  ];
  const first = await bytesOf(ask(rig, mine, { hold: 30 }));
  const answer = await ask(rig, yours, { hold: 30 });
  await bytesOf(answer);
  return { first: first.toString(), cached: answer.headers.get("x-bt-cached"), calls: rig.standIn.requests.length };
}

test.each<[string, Orders]>([
  ["was cut", { events: 9, cutAfterEvents: 4 }],
  ["ended too early", { events: 9, cutAfterEvents: -1, cut: "clean-end-without-done" }],
  ["holds an error", { events: 9, errorInStream: 4 }],
  ["holds what is no JSON", { events: 9, malformedEvent: 4 }],
])("an answer that %s is given to nobody else while it is held", async (_, orders) => {
  const { cached, calls } = await askTwice(streaming(orders, { user: newKey(), ...cacheable }));
  expect({ cached, calls }).toEqual({ cached: "MISS", calls: 2 });
});

test("a whole answer is given to the next who asks", async () => {
  const { cached, calls } = await askTwice(streaming({ events: 9 }, { user: newKey(), ...cacheable }));
  expect({ cached, calls }).toEqual({ cached: "HIT", calls: 1 });
});

test("the rest of an answer is never another call's", async () => {
  const body = streaming({ events: 9, gate: newKey() }, { user: newKey(), ...cacheable });
  const running = ask(rig, { key: newKey(), body });
  running.catch(() => {});
  await rig.standIn.waitFor(({ fields }) => fields.user === (body as { user?: string }).user);
  expect(await refusalOf(ask(rig, { key: newKey(), body }, { position: 300 }))).toContain("answer_gone");
  rig.standIn.gate(JSON.parse((body as { metadata: { stand_in: string } }).metadata.stand_in).gate).allow(100);
  await bytesOf(running);
});

test.each<[string, Orders]>([
  ["an error", { status: 200 }],
  ["nothing", { status: 200, body: "" }],
  ["a page", { status: 200, body: "<h1>No</h1>" }],
  ["half of an answer", { lengthOff: -40 }],
])("%s inside 200 is a failure of the provider's", async (_, orders) => {
  for (const stream of [false, true]) {
    const answer = await rig.post("chat/completions", chat(orders, { stream, user: newKey() }), {
      authorization: `Bearer ${DEFAULT_KEY}`,
    });
    if (stream && orders.lengthOff) expect(await answer.text()).toContain('"code":"stream_truncated"');
    else expect(answer.status).toBe(502);
  }
});

test("an event that is too long ends its stream with one error", async () => {
  const body = chat({ events: 1, pieceLength: 1_500_000 }, { stream: true });
  const answer = await rig.post("chat/completions", body, { authorization: `Bearer ${DEFAULT_KEY}` });
  const text = await answer.text();
  expect(text.match(/^event: error$/gm)).toHaveLength(1);
  expect(text).not.toContain("[DONE]");
});
