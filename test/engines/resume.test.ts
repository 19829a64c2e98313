import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type BrowserRig, reload, startBrowserRig } from "../support/browser-rig.ts";
import type { Tab } from "../support/engines/engine.ts";
import { chat } from "../support/work.ts";
import { COVERS } from "./covers.ts";
import { runCuts, waysOf } from "./cuts.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig({ engine: inject("engine") });
});
afterAll(() => rig.stop());

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

test("answers that are cut at random places arrive byte for byte, paid for once each", async () => {
  const ways = waysOf(rig);
  const { answers, wrong, recoveredMs } = await runCuts(rig, { seed: 11, count: 6 * ways.length });
  expect(wrong).toEqual([]);
  expect(answers).toEqual(Object.fromEntries(ways.map((way) => [way, 6])));
  // Reloads and early ends aside, each cut was one to recover from.
  expect(recoveredMs.length).toBeGreaterThan(6);
});

describe.each(COVERS)("through $by", ({ options }) => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await rig.open(options);
  });

  test.each([true, false])("what waits for the first byte survives a cut, stream: %s", async (stream) => {
    const user = crypto.randomUUID();
    const reading = tab.evaluate(ask, chat({ events: 5, firstByteDelayMs: 1_000 }, { stream, user }));
    await rig.standIn.waitFor(({ fields }) => fields.user === user);
    rig.recorder.cut();
    const text = await reading;
    expect(callsOf(user)).toHaveLength(1);
    expect(text).toBe(textOf(user));
  });

  test("a long whole answer goes on where it was cut", async () => {
    const user = crypto.randomUUID();
    // The first cut comes with the answer; before that little flows.
    rig.recorder.cut(200_000);
    const text = await tab.evaluate(ask, chat({ events: 2_000, pieceLength: 1_000 }, { user }));
    expect(text.length).toBeGreaterThan(1_000_000);
    expect(createHash("sha256").update(text).digest("hex")).toBe(
      createHash("sha256")
        .update(textOf(user) ?? "")
        .digest("hex"),
    );
    expect(callsOf(user)).toHaveLength(1);
  });

  test("what cannot be reached at all fails at once, typed", async () => {
    await tab.evaluate(ask, chat());
    await rig.server.stop();
    const text = await tab.evaluate(ask, chat({}, { stream: true }));
    await rig.restart();
    expect(JSON.parse(text)).toMatchObject({ error: { code: "offline" } });
  });
});

test("the same question after a reload gets the running answer from its beginning", async () => {
  const tab = await rig.open();
  const user = crypto.randomUUID();
  const body = chat({ events: 100, everyMs: 20 }, { stream: true, user });
  void tab.evaluate(ask, body).catch(() => undefined);
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 5);
  await reload(tab);
  const text = await tab.evaluate(ask, body);
  expect(callsOf(user)).toHaveLength(1);
  expect(text).toBe(textOf(user));
  expect(text).toContain("[DONE]");
});

test("the same question from another tab gets the answer of a closed one", async () => {
  const closing = await rig.open();
  const tab = await rig.open({ profile: closing.profile });
  const user = crypto.randomUUID();
  const body = chat({ events: 150, everyMs: 20 }, { stream: true, user });
  void closing.evaluate(ask, body).catch(() => undefined);
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 20);
  await closing.close();
  const text = await tab.evaluate(ask, body);
  expect(callsOf(user)).toHaveLength(1);
  expect(text).toBe(textOf(user));
  expect(text).toContain("[DONE]");
});

test("the same question from two living tabs is two calls", async () => {
  const one = await rig.open();
  const other = await rig.open({ profile: one.profile });
  const user = crypto.randomUUID();
  const body = chat({ events: 20, everyMs: 20 }, { stream: true, user });
  const [text, otherText] = await Promise.all([one.evaluate(ask, body), other.evaluate(ask, body)]);
  expect(callsOf(user)).toHaveLength(2);
  for (const answer of [text, otherText]) expect(answer).toContain("[DONE]");
});
