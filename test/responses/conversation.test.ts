import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";

const KEY = "project-key-of-conversations";
const MODEL = "some-model";

/** A provider of chat alone, so that Responses calls are translated for it. */
const serve = (settings: Record<string, string> = {}) =>
  startRig({
    settings,
    config: (baseURL) => ({
      orgs: {
        acme: {
          keys: [KEY],
          endpoints: [{ name: "own", provider: "custom", apiKey: "sk-own", baseURL, models: [MODEL] }],
        },
      },
    }),
  });

let rig: Rig;
let openai: OpenAI;

const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${rig.server.url}/v1/proxy`, maxRetries: 0 });

beforeAll(async () => {
  rig = await serve();
  openai = clientOf(KEY);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const SAID = "Hello from the stand-in.";
const askedLast = () => rig.standIn.requests.at(-1)?.fields.messages;
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

test("a conversation goes on by the id of its last answer, however often, and after a restart", async () => {
  const first = await openai.responses.create({ model: MODEL, input: "One" });
  const stream = openai.responses.stream({ model: MODEL, input: "Two", previous_response_id: first.id });
  const second = await stream.finalResponse();
  expect(askedLast()).toMatchObject([user("One"), assistant(SAID), user("Two")]);
  await rig.restart();
  await openai.responses.create({ model: MODEL, input: "Three", previous_response_id: second.id });
  expect(askedLast()).toMatchObject([user("One"), assistant(SAID), user("Two"), assistant(SAID), user("Three")]);
});

test("items stand in the places of their names, with an answer that is resumed in between, too", async () => {
  const headers = { "idempotency-key": crypto.randomUUID(), "x-mintgate-hold": "5" };
  const { output } = await openai.responses.create({ model: MODEL, input: "One" }, { headers });
  const references = output.map(({ id }) => ({ type: "item_reference" as const, id: String(id) }));
  await openai.responses.create({ model: MODEL, input: [...references, { role: "user", content: "Two" }] });
  expect(askedLast()).toMatchObject([assistant(SAID), user("Two")]);
});

test("what was not to be kept, or is another's, is not there", async () => {
  const { key: alice } = await rig.issue({ subject: "alice", features: ["store"] }, `Bearer ${KEY}`);
  const { key: bob } = await rig.issue({ subject: "bob", features: ["store"] }, `Bearer ${KEY}`);
  const kept = await clientOf(alice).responses.create({ model: MODEL, input: "One" });
  const unkept = await clientOf(alice).responses.create({ model: MODEL, input: "One", store: false });
  rig.standIn.requests.length = 0;
  const goOn = (key: string, previous_response_id: string) =>
    clientOf(key).responses.create({ model: MODEL, input: "Two", previous_response_id });
  await expect(goOn(bob, kept.id)).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
  await expect(goOn(alice, unkept.id)).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
  expect(rig.standIn.requests).toEqual([]);
  await goOn(alice, kept.id);
  expect(askedLast()).toHaveLength(3);
});

test("nothing is kept where the operator says so", async () => {
  const forgetful = await serve({ RESPONSES_TTL_SECONDS: "0" });
  try {
    const post = (body: object) =>
      forgetful.post("responses", { model: MODEL, ...body }, { authorization: `Bearer ${KEY}` });
    const { id, store } = (await (await post({ input: "One" })).json()) as { id: string; store: boolean };
    expect(store).toBe(false);
    expect((await post({ input: "Two", previous_response_id: id })).status).toBe(400);
  } finally {
    await forgetful.stop();
  }
});
