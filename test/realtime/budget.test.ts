import { afterAll, beforeAll, expect, test } from "vitest";
import { startOtherProvider } from "../support/aimock.ts";
import { byHeader, connectTo, pcm, type RealtimeRig, startRealtimeRig, userText } from "./rig.ts";

let rig: RealtimeRig;
beforeAll(async () => {
  rig = await startRealtimeRig();
});
afterAll(() => rig?.stop());

async function open(limits: object) {
  const { key } = await rig.issue({ limits });
  const before = rig.provider.connections.length;
  const client = await connectTo(rig.socketURL(), byHeader(key));
  const created = await client.next("session.created");
  const provider = rig.provider.connections[before];
  if (!provider) throw new Error("nobody came");
  return { client, provider, created, key };
}

const turnsOf = (event: { readonly [field: string]: unknown }) =>
  (event.session as { audio: { input: { turn_detection: { create_response: boolean } | null } } }).audio.input
    .turn_detection;

test("a spoken turn is answered, after it was paid for, though the provider starts no answer by itself", async () => {
  const { client, provider, created } = await open({ usd: 1 });
  expect(turnsOf(created)).toMatchObject({ create_response: true });
  await rig.provider.until(() => turnsOf({ session: provider.config() })?.create_response === false);
  client.send({ type: "input_audio_buffer.append", audio: pcm(400) });
  client.send({ type: "input_audio_buffer.append", audio: pcm(400, { silent: true }) });
  await client.next("response.done");
  const creates = provider.events().filter(({ type }) => type === "response.create");
  expect(creates).toMatchObject([{ response: { max_output_tokens: expect.any(Number) } }]);
  // What was said to the provider beside the client's own words, the client does not hear of.
  expect(client.events.some(({ type }) => type === "session.updated" || type === "error")).toBe(false);
});

test("a client that answers turns itself is left to it, and sees the turn detection that it asked for", async () => {
  const { client, provider } = await open({ tokens: 100_000 });
  const ask = (turns: object | null) =>
    client.send({ type: "session.update", session: { type: "realtime", audio: { input: { turn_detection: turns } } } });
  ask({ type: "semantic_vad", create_response: false });
  expect(turnsOf(await client.next("session.updated"))).toMatchObject({ create_response: false });
  ask({ type: "server_vad" });
  expect(turnsOf(await client.next("session.updated"))).toMatchObject({ create_response: true });
  expect(turnsOf({ session: provider.config() })).toMatchObject({ create_response: false });
  ask(null);
  expect(turnsOf(await client.next("session.updated"))).toBeNull();
  client.send({ type: "input_audio_buffer.append", audio: pcm(400) });
  client.send({ type: "input_audio_buffer.commit" });
  await client.next("input_audio_buffer.committed");
  client.send({ type: "input_audio_buffer.clear" });
  await client.next("input_audio_buffer.cleared");
  expect(provider.events().some(({ type }) => type === "response.create")).toBe(false);
});

test("a response that begins by itself, and the voice that would pay for nothing, are refused", async () => {
  const { client, provider } = await open({ usd: 1 });
  const idle = { type: "server_vad", idle_timeout_ms: 5000 };
  const input = (fields: object) => ({
    type: "session.update",
    session: { type: "realtime", audio: { input: fields } },
  });
  client.send(input({ turn_detection: idle }));
  expect((await client.next("error")).error).toMatchObject({ code: "insufficient_scope" });
  for (const transcription of [{ model: "nobody-knows-its-price" }, {}]) {
    client.send(input({ transcription }));
    expect((await client.next("error")).error).toMatchObject({ code: "unpriced_model" });
  }
  provider.send(JSON.stringify({ type: "response.created", event_id: "e", response: { id: "resp_unasked" } }));
  expect(await client.closed).toEqual({ code: 4010, reason: "budget_exhausted" });
  expect(provider.events()).toContainEqual({ type: "response.cancel" });
});

test("two sessions of one credential spend the same money", async () => {
  const { key } = await rig.issue({ limits: { usd: 0.02 } });
  const clients = await Promise.all([1, 2].map(() => connectTo(rig.socketURL(), byHeader(key))));
  await Promise.all(clients.map((client) => client.next("session.created")));
  const before = rig.provider.connections.length - 2;
  for (let i = 0; i < 30; i++)
    for (const client of clients)
      if (client.socket.readyState === 1)
        client.send({ type: "response.create", response: { max_output_tokens: 50, conversation: "none" } });
  const closes = await Promise.all(clients.map(({ closed }) => closed));
  for (const how of closes) expect(how).toEqual({ code: 4010, reason: "budget_exhausted" });
  const sent = rig.provider.connections
    .slice(before)
    .flatMap((connection) => connection.events().filter(({ type }) => type === "response.create"));
  // At its worst, each is 50 tokens of sound.
  expect(sent.length * 50 * 64).toBeLessThan(2 * 20_000);
  expect(sent.length).toBeGreaterThan(0);
});

test("another author's stand-in converses, with usage that says nothing was used", async () => {
  const other = await startOtherProvider();
  const second = await startRealtimeRig({ settings: { OPENAI_BASE_URL: `${other.origin}/v1` } });
  try {
    for (const order of [{}, { limits: { usd: 1 } }]) {
      const client = await connectTo(second.socketURL(), byHeader((await second.issue(order)).key));
      await client.next("session.created");
      client.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
      await client.next("session.updated");
      client.send(userText("speak"));
      client.send({ type: "response.create" });
      expect(await client.next("response.output_text.done")).toMatchObject({ text: "Grüße, 世界 🎉 from elsewhere." });
      await client.next("response.done");
    }
  } finally {
    await second.stop();
    await other.stop();
  }
});
