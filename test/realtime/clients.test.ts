import { connect as netConnect } from "node:net";
import {
  OpenAIRealtimeWebSocket as AgentsWebSocket,
  RealtimeAgent,
  RealtimeSession,
  tool,
} from "@openai/agents-realtime";
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { RealtimeClient } from "openai-realtime-api";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { pcm, type RealtimeRig, startRealtimeRig } from "./rig.ts";

// Unmodified clients, over whatever path their frames take: unread for a key, read for a credential, paid for with a limit.

let rig: RealtimeRig;
beforeAll(async () => {
  rig = await startRealtimeRig();
});
afterAll(() => rig?.stop());

const KINDS = {
  "a project key": async () => rig.server.projectKey ?? "",
  "a credential": async () => `ek_${(await rig.issue({ models: ["gpt-*"] })).key}`,
  "a limited credential": async () =>
    `ek_${(await rig.issue({ limits: { usd: 20, tokens: 1_000_000, realtimeSeconds: 600, realtimeSessions: 5, maxTokensPerRequest: 4096 } })).key}`,
} as const;

/** `wss:` is all that OpenAI's clients take; the test server speaks `ws:`. */
class PlainWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(String(url).replace(/^wss:/, "ws:"), protocols ?? []);
  }
}

type Heard = { readonly type: string; readonly [field: string]: unknown };

/** Speaks with a session by OpenAI's own emitter: text, a tool, voice, an interruption. */
async function converse(rt: OpenAIRealtimeWS | OpenAIRealtimeWebSocket): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  rt.on("event", (event) => heard.push(event as never));
  rt.on("error", () => {});
  const next = (type: string, from = heard.length) =>
    vi.waitFor(
      () => {
        const found = heard.slice(from).find((event) => event.type === type);
        if (!found) throw new Error(`no ${type}`);
        return found;
      },
      { timeout: 10_000, interval: 5 },
    );
  await next("session.created", 0);
  let from = heard.length;
  const weather = { type: "function" as const, name: "weather", parameters: { type: "object", properties: {} } };
  rt.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"], tools: [weather] } });
  rt.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text: "call:weather" }] },
  });
  rt.send({ type: "response.create" });
  const call = await next("response.function_call_arguments.done", from);
  await next("response.done", from);
  from = heard.length;
  rt.send({
    type: "conversation.item.create",
    item: { type: "function_call_output", call_id: String(call.call_id), output: "rain" },
  });
  rt.send({ type: "response.create" });
  expect(await next("response.output_text.done", from)).toMatchObject({ text: "The tool said rain." });
  from = heard.length;
  rt.send({ type: "session.update", session: { type: "realtime", output_modalities: ["audio"] } });
  rig.provider.scripts.push({ seconds: 60, everyMs: 10 });
  rt.send({ type: "input_audio_buffer.append", audio: pcm(400) });
  await next("input_audio_buffer.speech_started", from);
  rt.send({ type: "input_audio_buffer.append", audio: pcm(400, { silent: true }) });
  await next("response.output_audio.delta", from);
  from = heard.length;
  rt.send({ type: "input_audio_buffer.append", audio: pcm(400) });
  expect(await next("response.done", from)).toMatchObject({ response: { status: "cancelled" } });
  return heard;
}

describe.each(Object.entries(KINDS))("with %s", (_, issue) => {
  test("OpenAI's SDK converses over `ws`", async () => {
    const client = new OpenAI({ apiKey: await issue(), baseURL: `${rig.server.url}/v1/proxy` });
    const options = { createConnection: netConnect as never };
    const rt = new OpenAIRealtimeWS({ model: "gpt-realtime", options }, client);
    onTestFinished(() => rt.close());
    const heard = await converse(rt);
    expect(heard.filter(({ type }) => type === "error")).toEqual([]);
  });

  test("OpenAI's SDK converses over the platform's WebSocket", async () => {
    vi.stubGlobal("WebSocket", PlainWebSocket);
    onTestFinished(() => void vi.unstubAllGlobals());
    const client = new OpenAI({ apiKey: await issue(), baseURL: `${rig.server.url}/v1/proxy` });
    const rt = new OpenAIRealtimeWebSocket({ model: "gpt-realtime", dangerouslyAllowBrowser: true }, client);
    onTestFinished(() => rt.close());
    expect((await converse(rt)).filter(({ type }) => type === "error")).toEqual([]);
  });

  test("the agents SDK converses: greeted without a model in its URL, with a tool, voice and an interruption", async () => {
    const weather = tool({
      name: "weather",
      description: "the weather",
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => `rain in ${city}`,
    });
    const agent = new RealtimeAgent({ name: "a", instructions: "Be brief.", tools: [weather] });
    const transport = new AgentsWebSocket({ url: rig.socketURL("") });
    const session = new RealtimeSession(agent, { transport, model: "gpt-realtime" });
    onTestFinished(() => session.close());
    const errors: unknown[] = [];
    const audio: number[] = [];
    session.on("error", (error) => errors.push(error));
    session.on("audio", ({ data }) => audio.push(data.byteLength));
    await session.connect({ apiKey: await issue() });
    const toolEnded = new Promise((resolve) => session.on("agent_tool_end", (...args) => resolve(args[3])));
    session.sendMessage("call:weather");
    expect(await toolEnded).toBe("rain in Paris");
    await expect
      .poll(() => JSON.stringify(session.history), { timeout: 10_000 })
      .toContain("The tool said rain in Paris.");
    await expect.poll(() => audio.length).toBeGreaterThan(0);
    const interrupted = new Promise((resolve) => session.on("audio_interrupted", resolve));
    const before = audio.length;
    rig.provider.scripts.push({ seconds: 60, everyMs: 10 });
    session.sendMessage("Talk.");
    await expect.poll(() => audio.length, { timeout: 10_000 }).toBeGreaterThan(before + 2);
    session.interrupt();
    await interrupted;
    expect(errors).toEqual([]);
  });

  test("OpenAI's reference client of the beta converses with GA: text, a tool, voice", async () => {
    const apiKey = await issue();
    const client = new RealtimeClient({
      url: rig.socketURL("").replace(/\?$/, ""),
      apiKey,
      model: "gpt-realtime",
      dangerouslyAllowAPIKeyInBrowser: true,
    });
    onTestFinished(() => client.disconnect());
    const errors: unknown[] = [];
    client.realtime.on("error", (event) => errors.push(event));
    client.addTool(
      { name: "weather", description: "the weather", parameters: { type: "object", properties: {} } },
      async ({ city }: { city: string }) => ({ city, sky: "rain" }),
    );
    await client.connect();
    await client.waitForSessionCreated();
    client.sendUserMessageContent([{ type: "input_text", text: "call:weather" }]);
    const spoken = () => client.conversation.getItems().map(({ formatted }) => formatted);
    await expect
      .poll(() => spoken().at(-1)?.transcript, { timeout: 10_000 })
      .toBe('The tool said {"city":"Paris","sky":"rain"}.');
    await expect.poll(() => spoken().at(-1)?.audio?.length, { timeout: 10_000 }).toBe(12_000);
    expect(spoken().map(({ text }) => text)[0]).toBe("call:weather");
    client.updateSession({ modalities: ["text"], turn_detection: { type: "server_vad" } });
    rig.provider.scripts.push({ text: "Just words.", unannounced: true });
    client.sendUserMessageContent([{ type: "input_text", text: "hello" }]);
    const item = await vi.waitFor(
      () => {
        const last = client.conversation.getItems().at(-1);
        if (last?.formatted.text !== "Just words." || last.status !== "completed") throw new Error("not yet");
        return last;
      },
      { timeout: 10_000 },
    );
    expect(item).toMatchObject({ role: "assistant", content: [{ type: "text", text: "Just words." }] });
    const interrupted = client.waitForNext("conversation.interrupted" as never);
    client.appendInputAudio(Int16Array.from({ length: 9600 }, () => 272) as never);
    await interrupted;
    client.appendInputAudio(new Int16Array(9600) as never);
    await expect
      .poll(() => client.conversation.getItems().filter(({ role }) => role === "assistant").length, { timeout: 10_000 })
      .toBe(3);
    expect(errors).toEqual([]);
    const [connection] = rig.provider.connections.slice(-1);
    expect(connection?.config()).toMatchObject({
      type: "realtime",
      output_modalities: ["text"],
      audio: { output: { voice: "alloy" } },
    });
    expect(connection?.headers["openai-beta"]).toBeUndefined();
  });
});
