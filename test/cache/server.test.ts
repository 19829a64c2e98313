import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { codeOf } from "../support/failure.ts";
import { CALLERS_KEY, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

// The edge cache through the whole server on workerd, with its local KV.

let rig: Rig;
let stateFolder: string;
beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), "mintgate-cache-"));
  rig = await startRig({ stateFolder });
});
afterAll(async () => {
  await rig.stop();
  await rm(stateFolder, { recursive: true, force: true });
});
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

let asked = 0;
/** A question that nobody has asked before, and that may be cached. */
const newQuestion = (fields: object = {}) => chat({}, { temperature: 0, user: `question-${asked++}`, ...fields });

const facts = ({ headers }: Response) => [headers.get("x-bt-cached"), headers.get("x-mintgate-source")];
const MISS = ["MISS", "upstream"];
const HIT = ["HIT", "edge-cache"];

/** Asks until the answer comes from the cache: it is stored after it was given. */
async function askUntilStored(body: object, init?: Parameters<Rig["post"]>[2]): Promise<Response> {
  let answer: Response | undefined;
  await expect
    .poll(
      async () => {
        answer = await rig.post("chat/completions", body, init);
        return facts(answer);
      },
      { timeout: 10_000 },
    )
    .toEqual(HIT);
  if (!answer) throw new Error("nothing was asked");
  return answer;
}

/** How many answers that live for so long the local KV has on its disk. */
async function countStored(ttlSeconds: number): Promise<number> {
  const folder = join(stateFolder, "objects/mintgate-kv");
  const files = await readdir(folder).catch(() => []);
  // The other one is workerd's, of the objects' alarms.
  const name = files.find((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite");
  if (name === undefined) return 0;
  const database = new DatabaseSync(join(folder, name), { readOnly: true });
  try {
    const query = database.prepare("SELECT count(*) AS stored FROM entries WHERE abs(expires_at - ?) < 60000");
    return Number(query.get(Date.now() + ttlSeconds * 1000)?.stored);
  } finally {
    database.close();
  }
}

describe.each([false, true])("an answer (stream: %s)", (stream) => {
  test("is the provider's once, and the cache's from then on, also after a restart", async () => {
    const ttlSeconds = stream ? 10_000 : 20_000;
    const body = newQuestion({ stream });
    const first = await rig.post("chat/completions", body, { headers: { "x-bt-cache-ttl": String(ttlSeconds) } });
    expect([first.status, ...facts(first)]).toEqual([200, ...MISS]);
    const text = await first.text();
    const second = await askUntilStored(body);
    expect(second.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(second.headers.get("x-bt-used-endpoint")).toBe("openai");
    expect(second.headers.get("age")).toMatch(/^\d+$/);
    expect(second.headers.get("server-timing")).toMatch(/\bcache;dur=\d/);
    expect(await second.text()).toBe(text);
    await expect.poll(() => countStored(ttlSeconds)).toBe(1);
    await rig.restart();
    const third = await rig.post("chat/completions", body);
    expect(facts(third)).toEqual(HIT);
    expect(await third.text()).toBe(text);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("answers the same question in the other form", async () => {
    const counted = { stream_options: { include_usage: true } };
    const question = newQuestion();
    const asks = (streams: boolean) => ({ ...question, stream: streams, ...(streams && counted) });
    await (await rig.post("chat/completions", asks(stream))).text();
    await (await askUntilStored(asks(stream))).text();
    const other = await rig.post("chat/completions", asks(!stream));
    expect(facts(other)).toEqual(HIT);
    expect(other.headers.get("content-type")).toBe(stream ? "application/json" : "text/event-stream");
    expect(await other.text()).toContain(stream ? '"object":"chat.completion"' : "data: [DONE]");
    expect(rig.standIn.requests).toHaveLength(1);
  });
});

test("another subject, another organisation's key and another request have none of it", async () => {
  const body = newQuestion();
  const [ann, bo] = await Promise.all(["ann", "bo"].map((subject) => rig.issue({ subject })));
  const asAnn = { authorization: `Bearer ${ann?.key}` };
  await (await rig.post("chat/completions", body, asAnn)).text();
  await (await askUntilStored(body, asAnn)).text();
  const others = [{ authorization: `Bearer ${bo?.key}` }, {}, { authorization: `Bearer ${CALLERS_KEY}` }];
  for (const init of others) {
    const answer = await rig.post("chat/completions", body, init);
    expect(facts(answer)).toEqual(MISS);
    await answer.text();
  }
  const renewed = await rig.issue({ subject: "ann" });
  const again = await rig.post("chat/completions", body, { authorization: `Bearer ${renewed.key}` });
  expect(facts(again)).toEqual(HIT);
  await again.text();
});

test("what the caller does not want cached is not, and says nothing of a cache", async () => {
  const body = newQuestion();
  for (const headers of [{ "x-bt-use-cache": "never" }, { "cache-control": "no-store" }]) {
    for (let at = 0; at < 2; at++) {
      const answer = await rig.post("chat/completions", body, { headers });
      expect(facts(answer)).toEqual([null, "upstream"]);
      await answer.text();
    }
  }
  expect(rig.standIn.requests).toHaveLength(4);
});

test("a refusal is not stored", async () => {
  const body = chat({ status: 400, times: 1 }, { temperature: 0, user: `question-${asked++}` });
  expect((await rig.post("chat/completions", body)).status).toBe(400);
  const answer = await rig.post("chat/completions", body);
  expect([answer.status, ...facts(answer)]).toEqual([200, ...MISS]);
  await answer.text();
});

test("a number that is another once it was read is refused, unless the cache is out of it", async () => {
  const tools = [{ type: "function", function: { name: "f", parameters: { maximum: "LITERAL" } } }];
  const body = JSON.stringify(newQuestion({ tools })).replace('"LITERAL"', "9007199254740993");
  const refused = await rig.post("chat/completions", body);
  const answer: unknown = await refused.json();
  expect([refused.status, codeOf(answer)]).toEqual([400, "invalid_json"]);
  expect(JSON.stringify(answer)).toContain("9007199254740993");
  const sent = await rig.post("chat/completions", body, { headers: { "x-bt-use-cache": "never" } });
  expect(sent.status).toBe(200);
  await sent.text();
  expect(rig.standIn.requests.at(-1)?.body.toString()).toContain("9007199254740993");
});
