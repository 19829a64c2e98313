import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLERS_KEY, issueBound, type Rig, SERVER_KEY, startRig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { orderInText } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const METRICS_KEY = "canary-of-the-metrics-key-0123456789abc";
const RECEIVERS_KEY = "canary-of-the-receiver-77c1";
const PROMPT = "canary-of-the-prompt-5ad3";
const ANSWER = "canary-of-the-answer-e81f";
const PROVIDERS_WORDS = "canary-of-the-providers-error-20b9";

let receiver: Receiver;
let rig: Rig;
beforeAll(async () => {
  receiver = await startReceiver();
  rig = await startRig({
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${RECEIVERS_KEY}`,
      METRICS_KEY,
      LOG_REQUESTS: "true",
    },
  });
});
afterAll(async () => {
  await rig.stop();
  await receiver.stop();
});

const messages = [
  { role: "system", content: `${PROMPT}-system` },
  { role: "user", content: PROMPT },
];
const ANSWERS: readonly Orders[] = [
  { text: ANSWER },
  { text: ANSWER, reasoning: `${ANSWER}-thought` },
  { text: ANSWER, cut: "reset", cutAfterBytes: 300 },
  { status: 400, body: { error: { message: PROVIDERS_WORDS, type: PROVIDERS_WORDS, code: PROVIDERS_WORDS } } },
  { status: 500, body: { error: { message: PROVIDERS_WORDS, type: PROVIDERS_WORDS, code: PROVIDERS_WORDS } } },
  { status: 401, body: { error: { message: `${PROVIDERS_WORDS} ${SERVER_KEY}` } } },
  { body: `<p>${PROVIDERS_WORDS}</p>`, headers: { "content-type": "text/html" } },
];

/** Asks in every way in which something secret passes: by schema, whole and streamed, cached, refused, broken. */
async function askEverything(): Promise<{ secrets: readonly string[]; answers: readonly Response[] }> {
  const bearer = (await rig.issue({ subject: "someone", logging: { project_name: "p" } })).key;
  const { client, credential } = await issueBound(rig);
  const answers: Response[] = [];
  const post = async (path: string, body: object, authorization?: string, headers: Record<string, string> = {}) => {
    const asked = rig.post(path, body, { authorization, headers }).catch(() => undefined);
    const answer = await asked;
    if (!answer) return;
    await answer.text().catch(() => "");
    answers.push(answer);
  };
  for (const orders of ANSWERS) {
    for (const stream of [false, true]) {
      await post("chat/completions", chat(orders, { messages, stream }));
      await post("chat/completions", chat(orders, { messages, stream, temperature: 0, seed: 3 }), `Bearer ${bearer}`);
    }
  }
  await post("chat/completions", chat({ text: ANSWER }, { messages }), `Bearer ${CALLERS_KEY}`);
  const told = `${PROMPT} ${orderInText({ text: ANSWER })}`;
  await post("anthropic/v1/messages", { model: "gpt-4o", max_tokens: 50, messages: [{ role: "user", content: told }] });
  await post("google/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", { contents: [{ parts: [{ text: told }] }] });
  await post("responses", { model: "gpt-5", input: told, stream: true });
  await post("embeddings", { model: "text-embedding-3-small", input: PROMPT });
  await post("chat/completions", { model: PROMPT, messages });
  await post("chat/completions", { model: "gpt-4o", [PROMPT]: 1, messages: PROMPT });
  await post("chat/completions", chat({}, { messages }), `Bearer ${bearer}${PROMPT}`);
  await post(PROMPT, {});
  const init = {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(chat({ text: ANSWER }, { messages })),
  };
  const bound = await client.fetch(rig.url("chat/completions"), { method: "POST", credential, ...init });
  await bound.text();
  answers.push(bound);
  return { secrets: [bearer, credential], answers };
}

function storage(folder: string): readonly [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "latin1")] as [string, string])
    .filter(([, text]) => text !== "");
}

describe("what is secret, and what was said,", () => {
  test("is in no log, header, metric, span or stored record", async () => {
    const { secrets, answers } = await askEverything();
    await receiver.untilSpans(answers.length, ({ kind }) => kind === 2);
    await expect.poll(() => rig.server.output().split('"event"').length).toBeGreaterThan(answers.length);
    const metrics = await fetch(`${rig.server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_KEY}` } });
    const exported = receiver.exports.map(({ body }) => body).join("\n");
    const headers = answers.flatMap((answer) => [...answer.headers].flat()).join("\n");
    // What the configuration's own files hold is the operator's; all else is written by the server.
    const stored = storage(rig.server.stateFolder).filter(([name]) => /sqlite|\.db|wal$/.test(name));
    expect(stored.length).toBeGreaterThan(0);
    const places: readonly (readonly [string, string])[] = [
      ["the log", rig.server.output()],
      ["metrics", await metrics.text()],
      ["spans and metrics that were exported", exported],
      ["headers", headers],
      ...stored,
    ];
    const said = [PROMPT, ANSWER, PROVIDERS_WORDS];
    const keys = [
      SERVER_KEY,
      CALLERS_KEY,
      rig.secret,
      rig.server.projectKey ?? "-",
      METRICS_KEY,
      RECEIVERS_KEY,
      ...secrets,
    ];
    for (const [place, text] of places) {
      expect(text.length, place).toBeGreaterThan(0);
      for (const canary of [...keys, ...keys.map((key) => Buffer.from(key).toString("base64url").slice(0, -2))])
        expect(text.includes(canary), `a key in ${place}`).toBe(false);
      for (const canary of said) expect(text.includes(canary), `${canary} in ${place}`).toBe(false);
    }
  });
});
