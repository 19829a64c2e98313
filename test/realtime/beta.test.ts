import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBetaTranslation } from "../../mint-server/realtime/beta.ts";
import { byProtocol, connectTo, type RealtimeRig, startRealtimeRig } from "./rig.ts";

const BETA_SESSION = {
  modalities: ["text", "audio"],
  instructions: "Be brief.",
  voice: "ash",
  speed: 1.1,
  input_audio_format: "g711_ulaw",
  output_audio_format: "pcm16",
  input_audio_transcription: { model: "whisper-1" },
  input_audio_noise_reduction: { type: "near_field" },
  turn_detection: { type: "server_vad", create_response: false },
  tools: [{ type: "function", name: "a" }],
  tool_choice: "auto",
  temperature: 0.8,
  max_response_output_tokens: 300,
};
const GA_SESSION = {
  type: "realtime",
  output_modalities: ["audio"],
  instructions: "Be brief.",
  tools: BETA_SESSION.tools,
  tool_choice: "auto",
  max_output_tokens: 300,
  audio: {
    input: {
      format: { type: "audio/pcmu" },
      transcription: { model: "whisper-1" },
      noise_reduction: { type: "near_field" },
      turn_detection: { type: "server_vad", create_response: false },
    },
    output: { format: { type: "audio/pcm", rate: 24_000 }, voice: "ash", speed: 1.1 },
  },
};

describe("what a client of the beta says", () => {
  const { toGA } = createBetaTranslation();

  test("is a session in GA's shape, without what GA has no more", () => {
    expect(toGA({ type: "session.update", event_id: "e", session: BETA_SESSION })).toEqual({
      type: "session.update",
      event_id: "e",
      session: GA_SESSION,
    });
    expect(toGA({ type: "session.update", session: { modalities: ["text"], turn_detection: null } })).toEqual({
      type: "session.update",
      session: { type: "realtime", output_modalities: ["text"], audio: { input: { turn_detection: null } } },
    });
    expect(toGA({ type: "session.update", session: {} })).toMatchObject({ session: { type: "realtime" } });
    expect(toGA({ type: "session.update", session: 7 })).toMatchObject({ session: 7 });
  });

  test("is a transcription session where it is one", () => {
    const session = { input_audio_format: "pcm16", input_audio_transcription: { model: "gpt-4o-transcribe" } };
    expect(toGA({ type: "transcription_session.update", session })).toEqual({
      type: "session.update",
      session: {
        type: "transcription",
        audio: {
          input: { format: { type: "audio/pcm", rate: 24_000 }, transcription: { model: "gpt-4o-transcribe" } },
        },
      },
    });
  });

  test("is a response's parameters, and items of an assistant's with GA's contents", () => {
    const assistant = { type: "message", role: "assistant", content: [{ type: "text", text: "a" }, { type: "audio" }] };
    const ga = { ...assistant, content: [{ type: "output_text", text: "a" }, { type: "output_audio" }] };
    expect(toGA({ type: "conversation.item.create", item: assistant })).toEqual({
      type: "conversation.item.create",
      item: ga,
    });
    expect(
      toGA({
        type: "response.create",
        response: { modalities: ["text"], conversation: "none", max_output_tokens: 5, input: [assistant] },
      }),
    ).toEqual({
      type: "response.create",
      response: { output_modalities: ["text"], conversation: "none", max_output_tokens: 5, input: [ga] },
    });
    const user = {
      type: "conversation.item.create",
      item: { type: "message", role: "user", content: [{ type: "input_text", text: "a" }] },
    };
    expect(toGA(user)).toEqual(user);
    expect(toGA({ type: "response.create" })).toEqual({ type: "response.create" });
  });
});

describe("what a client of the beta hears", () => {
  test("is the beta's session, flat, of what kind it is", () => {
    const { toBeta } = createBetaTranslation();
    const { temperature: _, ...session } = BETA_SESSION;
    expect(
      toBeta({ type: "session.updated", session: { ...GA_SESSION, id: "s", object: "realtime.session" } }),
    ).toEqual([{ type: "session.updated", session: { ...session, id: "s", object: "realtime.session" } }]);
    expect(toBeta({ type: "session.created", session: { type: "transcription", audio: {} } })).toEqual([
      { type: "transcription_session.created", session: { object: "realtime.transcription_session" } },
    ]);
  });

  test("are the beta's names of what is said", () => {
    const { toBeta } = createBetaTranslation();
    for (const [ga, beta] of [
      ["response.output_text.delta", "response.text.delta"],
      ["response.output_text.done", "response.text.done"],
      ["response.output_audio.delta", "response.audio.delta"],
      ["response.output_audio_transcript.done", "response.audio_transcript.done"],
      ["response.output_item.done", "response.output_item.done"],
      ["rate_limits.updated", "rate_limits.updated"],
    ] as const) {
      expect(toBeta({ type: ga, delta: "x" })).toMatchObject([{ type: beta, delta: "x" }]);
    }
  });

  test("is of each item exactly one creation, whoever announced it, with contents that are a list", () => {
    const { toBeta } = createBetaTranslation();
    const item = { id: "i-1", type: "message", role: "assistant" };
    const created = { type: "conversation.item.created", item: { ...item, content: [] } };
    expect(toBeta({ type: "response.output_item.added", response_id: "r", item })).toMatchObject([
      { type: "response.output_item.added", item: { ...item, content: [] } },
      { ...created, event_id: expect.any(String) },
    ]);
    expect(toBeta({ type: "conversation.item.added", item })).toEqual([]);
    expect(toBeta({ type: "conversation.item.done", item })).toEqual([]);
    expect(toBeta({ type: "conversation.item.added", item: { ...item, id: "i-2" } })).toMatchObject([
      { type: "conversation.item.created", item: { id: "i-2" } },
    ]);
  });

  test("is a response with the beta's fields, and its output a list", () => {
    const { toBeta } = createBetaTranslation();
    expect(
      toBeta({
        type: "response.created",
        response: { id: "r", output_modalities: ["audio"], audio: { output: { voice: "ash" } } },
      }),
    ).toEqual([
      { type: "response.created", response: { id: "r", modalities: ["text", "audio"], voice: "ash", output: [] } },
    ]);
    const content = [{ type: "output_audio", transcript: "a" }];
    expect(
      toBeta({
        type: "response.done",
        response: { output: [{ type: "message", content }, { type: "function_call" }] },
      }),
    ).toEqual([
      {
        type: "response.done",
        response: {
          output: [{ type: "message", content: [{ type: "audio", transcript: "a" }] }, { type: "function_call" }],
        },
      },
    ]);
    expect(toBeta({ type: "response.content_part.added", part: { type: "output_text", text: "" } })).toEqual([
      { type: "response.content_part.added", part: { type: "text", text: "" } },
    ]);
  });
});

describe("over the relay", () => {
  let rig: RealtimeRig;
  beforeAll(async () => {
    rig = await startRealtimeRig();
  });
  afterAll(() => rig?.stop());

  test("a transcription session of the beta transcribes", async () => {
    const { protocols = [] } = byProtocol(rig.server.projectKey ?? "");
    const client = await connectTo(rig.socketURL("?intent=transcription"), {
      protocols: [...protocols, "openai-beta.realtime-v1"],
    });
    await client.next("transcription_session.created");
    client.send({
      type: "transcription_session.update",
      session: { input_audio_transcription: { model: "gpt-4o-transcribe" } },
    });
    expect((await client.next("transcription_session.updated")).session).toMatchObject({
      input_audio_transcription: { model: "gpt-4o-transcribe" },
    });
    client.send({ type: "input_audio_buffer.append", audio: Buffer.alloc(48_000, 7).toString("base64") });
    client.send({ type: "input_audio_buffer.append", audio: Buffer.alloc(48_000).toString("base64") });
    expect(await client.next("conversation.item.input_audio_transcription.completed")).toMatchObject({
      transcript: "what was said",
    });
  });

  test("the header says beta as well as the subprotocol, and neither reaches the provider", async () => {
    const headers = { authorization: `Bearer ${rig.server.projectKey}`, "openai-beta": "realtime=v1" };
    const client = await connectTo(rig.socketURL(), { headers });
    expect((await client.next("session.created")).session).toMatchObject({
      modalities: ["text", "audio"],
      voice: "alloy",
    });
    expect(JSON.stringify(rig.provider.connections.at(-1)?.headers)).not.toMatch(/beta|realtime-v1/i);
  });
});
