import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { order } from "../support/stand-in.ts";

/* OpenAI's own names, which are good for whoever has its key. */

const MODEL = "gpt-4o";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

interface Given {
  readonly id: string;
  readonly output: readonly { readonly id: string }[];
}

/** Somebody of whom nothing is known yet. */
async function somebody(grant: object = {}) {
  const subject = crypto.randomUUID();
  const { key } = await rig.issue({ subject, features: ["store"], ...grant });
  return { subject, authorization: `Bearer ${key}` };
}

const post = (authorization: string | undefined, body: object, headers: Record<string, string> = {}) =>
  rig.post("responses", { model: MODEL, ...body }, { authorization, headers });

/** The answer, however it came. */
async function given(answer: Response): Promise<Given> {
  expect(answer.status).toBe(200);
  const text = await answer.text();
  const last = /^data: (.*"response\.completed".*)$/m.exec(text)?.[1];
  return last === undefined ? JSON.parse(text) : JSON.parse(last).response;
}

const AND = { role: "user", content: "And?" };
const refer = (id: string | undefined) => ({ type: "item_reference", id });

/** Ways to name what was answered, and the field that does. */
const namings = ({ id, output: [thought, said] }: Given) =>
  [
    [{ input: "And?", previous_response_id: id }, "previous_response_id"],
    [{ input: [refer(said?.id), AND] }, "input[0]"],
    [{ input: [AND, { id: said?.id }, AND] }, "input[1]"],
    [{ input: [refer(thought?.id), refer(said?.id), AND] }, "input[0]"],
    [{ input: [{ type: "reasoning", id: thought?.id, summary: [] }, refer(said?.id), AND] }, "input[0]"],
    [{ input: [AND, { type: "message", role: "assistant", id: said?.id }] }, "input[1]"],
  ] as const;

async function expectRefused(authorization: string, naming: object, param: string): Promise<void> {
  const answer = await post(authorization, naming);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { type: "invalid_request_error", param } });
}

const QUESTION = { input: "One", ...order({ reasoning: "Well." }) };
const held = () => ({ "idempotency-key": crypto.randomUUID(), "x-mintgate-hold": "5" });
const LIMITS = { limits: { tokens: 1_000_000 } };

describe.each([
  ["whole", {}, () => ({}), {}],
  ["whole and long", order({ text: "x".repeat(100_000), reasoning: "Well." }), () => ({}), {}],
  ["whole and counted", {}, () => ({}), LIMITS],
  ["whole and held", {}, held, {}],
  ["a stream", { stream: true }, () => ({}), {}],
  ["a stream that its caller proves", { stream: true }, () => ({ [HEADER.completeness]: "caller" }), {}],
  ["a stream that is counted", { stream: true }, () => ({}), LIMITS],
  ["a stream that is held", { stream: true }, held, {}],
  ["a stream that is held and counted", { stream: true }, held, LIMITS],
])("an answer that is %s", (_, body, headers, grant) => {
  test("is its subject's to name, at once, and nobody else's", async () => {
    const [alice, bob] = await Promise.all([somebody(grant), somebody(grant)]);
    const answer = await given(await post(alice.authorization, { ...QUESTION, ...body }, headers()));
    rig.standIn.requests.length = 0;
    const own = await post(alice.authorization, { input: "And?", previous_response_id: answer.id });
    expect(own.status).toBe(200);
    rig.standIn.requests.length = 0;
    await Promise.all(namings(answer).map(([naming, param]) => expectRefused(bob.authorization, naming, param)));
    expect(rig.standIn.requests).toEqual([]);
  });
});

test("names of one's own go to the provider as they came, to the byte", async () => {
  const { authorization } = await somebody();
  const answer = await given(await post(authorization, QUESTION));
  for (const [naming] of namings(answer)) {
    const text = JSON.stringify({ ...naming, model: MODEL }, null, 1);
    expect((await rig.post("responses", text, { authorization })).status).toBe(200);
    expect(rig.standIn.requests.at(-1)?.body.toString()).toBe(text);
  }
});

test("they are a subject's, with whatever credential, after a restart too; a mixture is refused for what is another's", async () => {
  const [alice, bob] = await Promise.all([somebody(), somebody()]);
  const answers = await Promise.all(
    [alice, bob].map(async ({ authorization }, at) =>
      given(await post(authorization, { input: "One", ...order({ reasoning: `Thought ${at} of ${bob.subject}` }) })),
    ),
  );
  const [alices, bobs] = answers.map(({ output: [thought] }) => refer(thought?.id));
  await rig.restart();
  rig.standIn.requests.length = 0;
  const { key } = await rig.issue({ subject: alice.subject });
  await expectRefused(`Bearer ${key}`, { input: [alices, AND, bobs, AND] }, "input[2]");
  expect(rig.standIn.requests).toEqual([]);
  expect((await post(`Bearer ${key}`, { input: [alices, AND] })).status).toBe(200);
});

test("a stream that was cut can be gone on from, and its items that came be named", async () => {
  const { authorization } = await somebody();
  const cut = order({ reasoning: "Well.", events: 9, cutAfterEvents: 14, cut: "fin" });
  const text = await (await post(authorization, { input: "One", stream: true, ...cut })).text();
  expect(text).toContain("stream_truncated");
  const [response, thought] = ["resp", "rs"].map((kind) => new RegExp(`"id":"(${kind}_\\w+)"`).exec(text)?.[1]);
  expect((await post(authorization, { input: "And?", previous_response_id: response })).status).toBe(200);
  expect((await post(authorization, { input: [refer(thought), AND] })).status).toBe(200);
});

test("what was not to be kept cannot be named", async () => {
  const { authorization } = await somebody();
  const { id } = await given(await post(authorization, { ...QUESTION, store: false }));
  await expectRefused(authorization, { input: "And?", previous_response_id: id }, "previous_response_id");
});

test("a conversation that is sent whole names nothing, whoever said it", async () => {
  const { authorization } = await somebody();
  const said = {
    type: "message",
    role: "assistant",
    id: "msg_of_anyone",
    content: [{ type: "output_text", text: "Hi" }],
  };
  const called = { type: "function_call", id: "fc_of_anyone", call_id: "c", name: "f", arguments: "{}" };
  const result = { type: "function_call_output", id: "fco_of_anyone", call_id: "c", output: "x" };
  const input = [AND, said, called, result, AND];
  expect((await post(authorization, { input })).status).toBe(200);
});

test("a project key names what it likes", async () => {
  const answer = await given(await post((await somebody()).authorization, QUESTION));
  for (const [naming] of namings(answer)) expect((await post(undefined, naming)).status).toBe(200);
  expect((await post(undefined, { input: [refer("msg_of_nobody")] })).status).toBe(404);
  expect(rig.standIn.requests.at(-1)?.body.toString()).toContain("msg_of_nobody");
});

test("where nothing is kept a credential names nothing, and hears why", async () => {
  const forgetful = await startRig({ settings: { RESPONSES_TTL_SECONDS: "0" } });
  try {
    const { key } = await forgetful.issue({ features: ["store"] });
    const ask = (body: object, authorization?: string) =>
      forgetful.post("responses", { model: MODEL, ...body }, { authorization });
    const answer = await given(await ask(QUESTION, `Bearer ${key}`));
    forgetful.standIn.requests.length = 0;
    for (const [naming, param] of namings(answer)) {
      const refused = await ask(naming, `Bearer ${key}`);
      expect(refused.status).toBe(400);
      const { error } = (await refused.json()) as { error: { param: string; message: string } };
      expect([error.param, error.message]).toEqual([param, expect.stringContaining("nothing is kept here")]);
    }
    expect(forgetful.standIn.requests).toEqual([]);
    const [[naming]] = namings(answer);
    expect((await ask(naming)).status).toBe(200);
  } finally {
    await forgetful.stop();
  }
});

test("a file at the provider needs leave", async () => {
  const [plain, trusted] = await Promise.all([somebody({ features: [] }), somebody()]);
  const file = (input: object) => ({ input: [{ role: "user", content: [{ type: "input_file", ...input }] }] });
  const named = file({ file_id: "file-1" });
  expect((await post(plain.authorization, named)).status).toBe(403);
  expect(rig.standIn.requests).toEqual([]);
  expect((await post(trusted.authorization, named)).status).toBe(200);
  const sent = file({ filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERg==" });
  expect((await post(plain.authorization, sent)).status).toBe(200);
});
