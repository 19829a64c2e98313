import { connect as netConnect } from "node:net";
import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type Rig, startRig } from "../support/rig.ts";
import { type GeminiLiveStandIn, startGeminiLive } from "../support/stand-in/gemini-live/gemini-live.ts";

// Clients of OpenAI's Realtime API, unmodified, with a Gemini Live model behind.

const GOOGLE_KEY = "google-canary-key-7d1f0b";
const MODEL = "gemini-2.5-flash-native-audio-preview-12-2025";

let provider: GeminiLiveStandIn;
let rig: Rig;
beforeAll(async () => {
  provider = await startGeminiLive();
  rig = await startRig({ settings: { GEMINI_API_KEY: GOOGLE_KEY, GOOGLE_BASE_URL: provider.url } });
});
afterAll(async () => {
  await rig.stop();
  await provider.stop();
});
afterEach(() => Object.assign(provider.orders, { everyMs: undefined, usage: undefined }));

const credential = async (order: object = {}) => (await rig.issue({ models: ["gemini-*"], ...order })).key;
const last = () => provider.connections.at(-1);
const pcm = (ms: number, silent = false) => Buffer.alloc(ms * 48, silent ? 0 : "\x10\x01").toString("base64");

type ServerEvent = { readonly type: string } & Record<string, unknown>;

/** OpenAI's own client. */
async function connect(apiKey: string) {
  const client = new OpenAI({ apiKey, baseURL: `${rig.server.url}/v1/proxy` });
  // It takes `wss:` alone, and the server under test has no certificate: the connection beneath is a plain one.
  const options = { createConnection: netConnect as never };
  const socket = new OpenAIRealtimeWS({ model: MODEL, options }, client);
  onTestFinished(() => socket.close());
  const events: ServerEvent[] = [];
  socket.on("event", (event) => void events.push(event as unknown as ServerEvent));
  socket.on("error", () => {});
  const until = (type: string, from = 0) =>
    expect.poll(() => events.slice(from).map((event) => event.type), { timeout: 10_000 }).toContain(type);
  await until("session.created");
  return { socket, events, until };
}

describe("OpenAI's client", () => {
  test("is told that the session is there, speaks, and hears the model's voice with its words", async () => {
    const { socket, events, until } = await connect(await credential());
    const session = {
      type: "realtime",
      instructions: "Be brief.",
      audio: { input: { transcription: { model: "any" } } },
    } as const;
    socket.send({ type: "session.update", session });
    await until("session.updated");
    socket.send({ type: "input_audio_buffer.append", audio: pcm(200) });
    socket.send({ type: "input_audio_buffer.append", audio: pcm(200, true) });
    await until("response.done");
    const transcript = events.find(({ type }) => type === "response.output_audio_transcript.done");
    expect(transcript?.transcript).toBe("Hello from Gemini.");
    const heard = events.find(({ type }) => type === "conversation.item.input_audio_transcription.completed");
    expect(heard?.transcript).toBe("What is up?");
    expect(events.filter(({ type }) => type === "response.output_audio.delta")).toHaveLength(3);
    expect(events.find(({ type }) => type === "response.done")).toMatchObject({
      response: { status: "completed", usage: { input_tokens: 120, output_tokens: 60 } },
    });
    expect(last()?.apiKey).toBe(GOOGLE_KEY);
    // 400 ms at 16 kHz.
    expect(last()?.heardBytes()).toBe(12_800);
  });

  test("interrupts with its voice", async () => {
    Object.assign(provider.orders, { everyMs: 300 });
    const { socket, events, until } = await connect(await credential());
    socket.send({ type: "input_audio_buffer.append", audio: pcm(100) });
    socket.send({ type: "input_audio_buffer.append", audio: pcm(100, true) });
    await until("response.output_audio.delta");
    socket.send({ type: "input_audio_buffer.append", audio: pcm(100) });
    await until("response.done");
    expect(events.find(({ type }) => type === "response.done")).toMatchObject({
      response: { status: "cancelled", status_details: { reason: "turn_detected" } },
    });
    await until("input_audio_buffer.speech_started");
  });

  test("pays for each response before it begins, and talks by hand where it must", async () => {
    const { socket, events, until } = await connect(await credential({ limits: { tokens: 30_000 } }));
    const turns = { audio: { input: { turn_detection: null } } };
    socket.send({ type: "session.update", session: { type: "realtime", ...turns } });
    await until("session.updated");
    socket.send({ type: "input_audio_buffer.append", audio: pcm(200) });
    socket.send({ type: "input_audio_buffer.commit" });
    socket.send({ type: "response.create" });
    await until("response.done");
    expect(events.filter(({ type }) => type === "error")).toEqual([]);
    expect(last()?.messages.some((message) => JSON.stringify(message).includes("activityEnd"))).toBe(true);
  });
});

test("@openai/agents-realtime talks, calls a function and goes on with its result", async () => {
  let asked: string | undefined;
  const weather = tool({
    name: "weather",
    description: "Tells the weather.",
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked = city;
      return "sunny";
    },
  });
  const agent = new RealtimeAgent({ name: "guide", instructions: "Be brief.", tools: [weather] });
  const session = new RealtimeSession(agent, { transport: "websocket", model: MODEL });
  onTestFinished(() => session.close());
  const url = `${rig.server.url.replace("http", "ws")}/v1/proxy/realtime`;
  const errors: unknown[] = [];
  session.on("error", (error) => void errors.push(error));
  let voice = 0;
  session.on("audio", () => {
    voice += 1;
  });
  await session.connect({ apiKey: `ek_${await credential({ models: [MODEL] })}`, url });
  session.sendMessage("call:weather");
  await expect.poll(() => asked, { timeout: 10_000 }).toBe("Oslo");
  await expect.poll(() => voice, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(errors).toEqual([]);
  const results = last()?.messages.find(({ toolResponse }) => toolResponse !== undefined);
  expect(results).toMatchObject({
    toolResponse: { functionResponses: [{ name: "weather", response: { output: "sunny" } }] },
  });
});
