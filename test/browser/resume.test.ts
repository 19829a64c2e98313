import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type BrowserRig, goTo, type OpenOptions, startBrowserRig } from "../support/browser-rig.ts";
import { chat } from "../support/work.ts";
import { runCuts, stopWorkers } from "./cuts.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

const COVERS: readonly { readonly by: string; readonly options: OpenOptions }[] = [
  { by: "the worker", options: {} },
  { by: "the page itself", options: { withoutWorkers: true } },
];

/** In the page: asks, and gives the answer's text, or its digest. */
async function ask(this: void, body: unknown) {
  const answer = await fetch("https://api.openai.com/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.text();
}

const callsOf = (user: string) => rig.standIn.requests.filter(({ fields }) => fields.user === user);
const textOf = (user: string) => callsOf(user)[0]?.answer.toString();

async function open(options: OpenOptions = {}) {
  const watched = await rig.open(options);
  onTestFinished(watched.close);
  return watched;
}

test("answers that are cut at random places arrive byte for byte, paid for once each", async () => {
  const { answers, wrong, recoveredMs } = await runCuts(rig, { seed: 11, count: 36 });
  expect(wrong).toEqual([]);
  expect(Object.values(answers)).toEqual([6, 6, 6, 6, 6, 6]);
  // Reloads and early ends aside, each cut was one to recover from.
  expect(recoveredMs.length).toBeGreaterThan(10);
});

for (const { by, options } of COVERS) {
  test.each([true, false])(`what waits for the first byte survives a cut through ${by}, stream: %s`, async (stream) => {
    const { page } = await open(options);
    const user = crypto.randomUUID();
    const reading = page.evaluate(ask, chat({ events: 5, firstByteDelayMs: 1_000 }, { stream, user }));
    await rig.standIn.waitFor(({ fields }) => fields.user === user);
    rig.recorder.cut();
    const text = await reading;
    expect(callsOf(user)).toHaveLength(1);
    expect(text).toBe(textOf(user));
  });

  test(`a long whole answer goes on where it was cut, through ${by}`, async () => {
    const { page } = await open(options);
    const user = crypto.randomUUID();
    // The first cut comes with the answer; before that little flows.
    rig.recorder.cut(200_000);
    const text = await page.evaluate(ask, chat({ events: 2_000, pieceLength: 1_000 }, { user }));
    expect(text.length).toBeGreaterThan(1_000_000);
    expect(createHash("sha256").update(text).digest("hex")).toBe(
      createHash("sha256")
        .update(textOf(user) ?? "")
        .digest("hex"),
    );
    expect(callsOf(user)).toHaveLength(1);
  });
}

test("the same question after a reload gets the running answer from its beginning", async () => {
  const { page } = await open();
  const user = crypto.randomUUID();
  const body = chat({ events: 100, everyMs: 20 }, { stream: true, user });
  void page.evaluate(ask, body).catch(() => undefined);
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 5);
  await goTo(page, rig.recorder.url);
  await page.evaluate(() => app.register());
  const text = await page.evaluate(ask, body);
  expect(callsOf(user)).toHaveLength(1);
  expect(text).toBe(textOf(user));
  expect(text).toContain("[DONE]");
});

test("the same question from another tab gets the answer of a closed one, even if the worker was stopped since", async () => {
  const closing = await open();
  const { page } = await rig.open({ beside: closing });
  onTestFinished(() => page.close());
  const user = crypto.randomUUID();
  const body = chat({ events: 150, everyMs: 20 }, { stream: true, user });
  void closing.page.evaluate(ask, body).catch(() => undefined);
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 20);
  await closing.page.close();
  await stopWorkers(page);
  const text = await page.evaluate(ask, body);
  expect(callsOf(user)).toHaveLength(1);
  expect(text).toBe(textOf(user));
  expect(text).toContain("[DONE]");
});

test("the same question from two living tabs is two calls", async () => {
  const one = await open();
  const other = await rig.open({ beside: one });
  onTestFinished(other.close);
  const user = crypto.randomUUID();
  const body = chat({ events: 20, everyMs: 20 }, { stream: true, user });
  const [text, otherText] = await Promise.all([one.page.evaluate(ask, body), other.page.evaluate(ask, body)]);
  expect(callsOf(user)).toHaveLength(2);
  for (const answer of [text, otherText]) expect(answer).toContain("[DONE]");
});

test("what cannot be reached at all fails at once, typed", async () => {
  const { page } = await open();
  await page.evaluate(ask, chat());
  await rig.server.stop();
  const text = await page.evaluate(ask, chat({}, { stream: true }));
  await rig.restart();
  expect(JSON.parse(text)).toMatchObject({ error: { code: "offline" } });
});
