import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { arrivingEvents } from "../support/event-stream.ts";
import { openRequest } from "../support/raw-request.ts";
import { type Rig, startRig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const PROVERS = [
  ["read along", {}],
  ["handed on natively", { "x-mintgate-completeness": "caller" }],
] as const;

function open(orders: Orders, { stream = true, headers = {} }: { stream?: boolean; headers?: object } = {}) {
  const all = { authorization: `Bearer ${rig.server.projectKey}`, "content-type": "application/json", ...headers };
  return openRequest(rig.url("chat/completions"), all, JSON.stringify(chat(orders, { stream })));
}

const leftEarly = () => rig.standIn.waitFor((request) => request.closed && request.leftEarly);
/** Waits for bytes and leaves them where they are, so that no more come than fit into the buffers on the way. */
const someBytes = (answer: IncomingMessage) => new Promise((resolve) => answer.once("readable", resolve));

describe.each([
  ["breaks", "reset"],
  ["is closed", "close"],
] as const)("when the caller's connection %s, the provider's closes", (_, way) => {
  test.each([
    ["a stream's", true],
    ["a whole answer's", false],
  ])("before %s first byte", async (_what, stream) => {
    const asked = open({ hang: true }, { stream });
    await rig.standIn.waitFor((request) => request.orders.hang === true);
    asked.leave(way);
    expect((await leftEarly()).eventsSent).toBe(0);
  });

  test.each(PROVERS)("between headers and the first event of a stream that is %s", async (_what, headers) => {
    const asked = open({ hang: "after-headers" }, { headers });
    expect((await asked.answer).statusCode).toBe(200);
    asked.leave(way);
    expect((await leftEarly()).eventsSent).toBe(0);
  });

  test.each(PROVERS)("in the middle of a silent stream that is %s", async (title, headers) => {
    rig.standIn.gate(title).allow(3);
    const asked = open({ events: 100, gate: title }, { headers });
    await someBytes(await asked.answer);
    asked.leave(way);
    expect((await leftEarly()).eventsSent).toBeLessThanOrEqual(3);
  });

  test("in the middle of a whole answer", async () => {
    const asked = open({ events: 100, pieceLength: 100_000 }, { stream: false });
    await someBytes((await asked.answer).once("error", () => {}));
    asked.leave(way);
    await leftEarly();
  });
});

describe("when the caller hangs up politely in mid-stream, the provider's connection closes", () => {
  test.each(PROVERS)("at the next events of a stream that is %s", async (_, headers) => {
    const leaving = new AbortController();
    const asked = chat({ events: 100_000, everyMs: 1 }, { stream: true });
    const events = arrivingEvents(await rig.post("chat/completions", asked, { headers, signal: leaving.signal }));
    for (let count = 0; count < 3; count++) await events.next();
    leaving.abort();
    // What had arrived before may still come out first.
    await expect(Array.fromAsync(events)).rejects.toThrow();
    expect((await leftEarly()).eventsSent).toBeLessThan(100_000);
  });
});

test.each(PROVERS)("a caller who reads slowly slows down the provider of a stream that is %s", async (_, headers) => {
  const asked = open({ events: 3000, pieceLength: 50_000 }, { headers });
  const answer = await asked.answer;
  answer.pause();
  // The provider has stopped once a good while brings no further event out.
  let sent = -1;
  while (sent !== rig.standIn.requests[0]?.eventsSent) {
    sent = rig.standIn.requests[0]?.eventsSent ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(sent).toBeLessThan(2000);
  asked.leave("close");
  await leftEarly();
});
