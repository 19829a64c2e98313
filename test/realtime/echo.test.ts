import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byProtocol, type Client, connectTo, type RealtimeRig, startRealtimeRig, userText } from "./rig.ts";

// The built-in voice, over the same way that a provider's sessions take.

let rig: RealtimeRig;
beforeAll(async () => {
  rig = await startRealtimeRig();
});
afterAll(() => rig?.stop());

const RATE = 24_000;

/** A tone of a voice's loudness that never repeats: what comes back can be told from anything else. */
function tone(seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * RATE }, (_, n) =>
    Math.round(6000 * Math.sin(n * (0.05 + n * 1e-7)) + 2000 * Math.sin(n * 0.31)),
  );
}

const silence = (seconds: number): Int16Array => new Int16Array(seconds * RATE);

/** Says it in pieces of 20 ms, as a microphone does. */
function say(client: Client, samples: Int16Array): void {
  for (let at = 0; at < samples.length; at += 480) {
    const piece = samples.slice(at, at + 480);
    client.send({ type: "input_audio_buffer.append", audio: Buffer.from(piece.buffer).toString("base64") });
  }
}

function heardBy(client: Client): Int16Array {
  const deltas = client.events.filter(({ type }) => type === "response.output_audio.delta");
  const bytes = Buffer.concat(deltas.map(({ delta }) => Buffer.from(String(delta), "base64")));
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2).slice();
}

/** Where in `whole` all of `part` stands, or -1. */
function find(part: Int16Array, whole: Int16Array): number {
  return Buffer.from(whole.buffer).indexOf(Buffer.from(part.buffer)) / 2;
}

const KINDS = {
  "a project key": async () => rig.server.projectKey ?? "",
  "a limited credential": async () =>
    `ek_${(await rig.issue({ limits: { usd: 1, tokens: 100_000, realtimeSeconds: 600, maxTokensPerRequest: 4096 } })).key}`,
} as const;

describe.each(Object.entries(KINDS))("with %s", (_, issue) => {
  const open = async () => {
    const client = await connectTo(rig.socketURL("?model=echo"), byProtocol(await issue()));
    await client.next("session.created");
    return client;
  };

  test("plays back what was said once it is over, says that it is an echo, and costs nothing", async () => {
    const client = await open();
    const spoken = tone(1.2);
    say(client, silence(0.4));
    say(client, spoken);
    say(client, silence(0.7));
    expect(await client.next("input_audio_buffer.speech_started")).toMatchObject({ item_id: expect.any(String) });
    await client.next("input_audio_buffer.committed");
    const { response } = await client.next("response.done");
    expect(response).toMatchObject({
      status: "completed",
      usage: { total_tokens: 0 },
      output: [
        { role: "assistant", content: [{ type: "output_audio", transcript: expect.stringContaining("(echo) ") }] },
      ],
    });
    expect(find(spoken, heardBy(client))).toBeGreaterThanOrEqual(0);
    expect(client.events.filter(({ type }) => type === "error")).toEqual([]);
  });

  test("is interrupted by a voice", async () => {
    const client = await open();
    say(client, tone(6));
    say(client, silence(0.7));
    await client.next("response.output_audio.delta");
    say(client, tone(0.3));
    const { response } = await client.next("response.done");
    expect(response).toMatchObject({ status: "cancelled", status_details: { reason: "turn_detected" } });
    expect(heardBy(client).length).toBeLessThan(6 * RATE);
  });

  test("push to talk: a turn is what is committed, and silence ends none", async () => {
    const client = await open();
    const input = { turn_detection: null, transcription: { model: "echo" } };
    client.send({ type: "session.update", session: { type: "realtime", audio: { input } } });
    await client.next("session.updated");
    client.send({ type: "input_audio_buffer.commit", event_id: "too_early" });
    expect(await client.next("error")).toMatchObject({
      error: { code: "input_audio_buffer_commit_empty", event_id: "too_early" },
    });
    const spoken = tone(0.5);
    say(client, spoken);
    say(client, silence(2));
    client.send({ type: "input_audio_buffer.commit" });
    const told = await client.next("conversation.item.input_audio_transcription.completed");
    expect(told.transcript).toBe("(2.5 s of sound, not written down)");
    expect(client.events.some(({ type }) => type === "response.created")).toBe(false);
    client.send({ type: "response.create" });
    await client.next("response.done");
    expect(find(spoken, heardBy(client))).toBe(0);
    client.send({ type: "response.create" });
    await client.next("response.output_audio.delta");
    client.send({ type: "response.cancel" });
    await client.next("response.done", ({ response }) => (response as { status?: string }).status === "cancelled");
  });

  test("answers text with text", async () => {
    const client = await open();
    client.send(userText("Hello?"));
    client.send({ type: "response.create", response: { output_modalities: ["text"] } });
    expect(await client.next("response.output_text.done")).toMatchObject({ text: "(echo) You wrote: Hello?" });
  });
});

test("tells what is left of time and money to one who asks", async () => {
  const { key } = await rig.issue({ limits: { usd: 0.5, realtimeSeconds: 100 } });
  const client = await connectTo(rig.socketURL("?model=echo&mintgate_events=1"), byProtocol(`ek_${key}`));
  const left = await client.next("mintgate.budget");
  expect(left).toMatchObject({ usd_left: 0.5 });
  expect(left.seconds_left).toBeGreaterThan(95);
  expect(left.seconds_left).toBeLessThanOrEqual(100);
  expect(left).not.toHaveProperty("tokens_left");
});

test("is told of in the list of models, and has no other endpoint", async () => {
  const authorization = `Bearer ${rig.server.projectKey ?? ""}`;
  const listed = await (await fetch(rig.url("models"), { headers: { authorization } })).json();
  const models = (listed as { data: { id: string; realtime?: true; flavor: string; format: string }[] }).data;
  const ids = models.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted());
  const voices = models.filter(({ realtime }) => realtime).map(({ id }) => id);
  expect(voices).toContain("echo");
  expect(voices).toContain("gpt-realtime");
  expect(voices).not.toContain("gpt-4o");
  expect(voices.filter((id) => id.includes("transcribe"))).toEqual([]);
  expect(models.find(({ id }) => id === "echo")).toMatchObject({ format: "js", flavor: "audio" });
  const answer = await rig.post("chat/completions", { model: "echo", messages: [{ role: "user", content: "hi" }] });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { param: "model" } });
  expect(rig.provider.connections).toEqual([]);
});
