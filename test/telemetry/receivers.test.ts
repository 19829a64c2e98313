import { afterEach, describe, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";
import { type Receiver, type ReceiverOptions, startReceiver } from "./receiver.ts";

let rig: Rig;
let receiver: Receiver;
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
});

const METRICS_KEY = "the-key-of-those-who-read-metrics-0123";

async function start(options: ReceiverOptions, settings: Record<string, string> = {}): Promise<void> {
  receiver = await startReceiver(options);
  rig = await startRig({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, METRICS_KEY, ...settings } });
}

const ask = (fields: object = {}) =>
  rig.post("chat/completions", chat({}, fields), { headers: { "x-bt-use-cache": "never" } });

async function records(result: "exported" | "dropped"): Promise<number> {
  const answer = await fetch(`${rig.server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_KEY}` } });
  const text = await answer.text();
  return Number(new RegExp(`mintgate_telemetry_records_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1]);
}

describe("a receiver that", () => {
  const BROKEN: readonly (readonly [string, ReceiverOptions])[] = [
    ["never answers", { answer: () => undefined }],
    ["answers 500", { answer: () => 500 }],
    ["redirects", { answer: () => 307 }],
  ];

  test.each(BROKEN)("%s harms no request", async (_, options) => {
    await start(options);
    const answers = await Promise.all(Array.from({ length: 20 }, (_none, at) => ask({ stream: at % 2 === 0 })));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(texts.filter((text) => text === "")).toEqual([]);
    await expect.poll(() => records("dropped"), { timeout: 20_000 }).toBe(20);
    // And not the next one either.
    expect((await ask()).status).toBe(200);
  });

  test("is down harms no request", async () => {
    await start({}, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });
    expect((await ask()).status).toBe(200);
    await expect.poll(() => records("dropped")).toBe(1);
  });

  test("is busy for once gets the same again", async () => {
    await start({ answer: (index, path) => (path === "/v1/traces" && index < 2 ? 503 : 200) });
    await ask().then((answer) => answer.text());
    await receiver.untilSpans(2);
    expect([await records("exported"), await records("dropped")]).toEqual([1, 0]);
  });

  test("knows nothing of metrics gets spans alone", async () => {
    let asked = 0;
    await start({
      answer(_, path) {
        if (path === "/v1/traces") return 200;
        asked++;
        return 404;
      },
    });
    for (let round = 1; round <= 3; round++) {
      await ask().then((answer) => answer.text());
      await receiver.untilSpans(2 * round);
    }
    expect(asked).toBe(1);
  });
});
