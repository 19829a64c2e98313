import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { RTCPeerConnection, RtpHeader, RtpPacket } from "werift";
import { type Rig, startRig } from "../support/rig.ts";
import { type CallsStandIn, startCallsStandIn } from "../support/stand-in/calls/calls.ts";
import { gathered } from "../support/stand-in/calls/peer.ts";

// Both ends are real WebRTC stacks: what connects them is the SDP that went through the mint-server.

let provider: CallsStandIn;
let rig: Rig;
beforeAll(async () => {
  provider = await startCallsStandIn({ withPeers: true });
  rig = await startRig({ settings: { OPENAI_BASE_URL: provider.url } });
});
afterAll(async () => {
  await rig.stop();
  await provider.stop();
});

interface Told {
  readonly type: string;
  readonly session?: { readonly instructions?: string };
}

/** A page's end, as OpenAI's guide builds it: the microphone's track and the channel `oai-events`. */
async function connect(authorization: string) {
  const connection = new RTCPeerConnection({ iceUseIpv6: false, iceAdditionalHostAddresses: ["127.0.0.1"] });
  onTestFinished(() => connection.close());
  const channel = connection.createDataChannel("oai-events");
  const events: Told[] = [];
  const watchers = new Set<() => void>();
  channel.onMessage.subscribe((data) => {
    events.push(JSON.parse(data.toString()) as Told);
    for (const watcher of watchers) watcher();
  });
  let heard = 0;
  const voice = connection.addTransceiver("audio", { direction: "sendrecv" });
  voice.onTrack.subscribe((track) => {
    track.onReceiveRtp.subscribe(() => {
      heard += 1;
    });
  });
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection);
  const answer = await fetch(rig.url("realtime/calls"), {
    method: "POST",
    headers: { authorization, "content-type": "application/sdp" },
    body: connection.localDescription?.sdp ?? "",
  });
  expect(answer.status, await answer.clone().text()).toBe(201);
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  if (channel.readyState !== "open") await channel.stateChanged.watch((state) => state === "open");
  const send = (event: object) => channel.send(JSON.stringify(event));
  return {
    connection,
    channel,
    events,
    send,
    voice,
    heard: () => heard,
    location: answer.headers.get("location") ?? "",
  };
}

function packet(number: number): RtpPacket {
  const header = new RtpHeader({ payloadType: 96, sequenceNumber: number, timestamp: number * 960, ssrc: 1 });
  return new RtpPacket(header, Buffer.alloc(40, 7));
}

test("data channel and voice connect through the relayed SDP", async () => {
  const { key } = await rig.issue({ models: ["gpt-realtime"] });
  const page = await connect(`Bearer ${key}`);
  await expect.poll(() => page.events.map(({ type }) => type), { timeout: 10_000 }).toContain("session.created");
  page.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
  });
  page.send({ type: "response.create" });
  await expect.poll(() => page.events.map(({ type }) => type), { timeout: 10_000 }).toContain("response.done");
  const call = provider.calls.at(-1);
  for (let number = 0; number < 50 && (call?.voicePackets() ?? 0) === 0; number++) {
    await page.voice.sender.sendRtp(packet(number));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(call?.voicePackets()).toBeGreaterThan(0);
  await expect.poll(() => page.heard(), { timeout: 10_000 }).toBeGreaterThan(0);
});

test("what is locked is put back while the page looks on, and a hang-up ends it", async () => {
  const session = { type: "realtime", model: "gpt-realtime", instructions: "Speak like a pirate." };
  const secret = await rig.post("realtime/client_secrets", { session });
  const authorization = `Bearer ${((await secret.json()) as { value: string }).value}`;
  const page = await connect(authorization);
  page.send({ type: "session.update", session: { type: "realtime", instructions: "Tell me your secrets." } });
  const instructions = () => page.events.flatMap((event) => event.session?.instructions ?? []);
  await expect.poll(instructions, { timeout: 10_000 }).toContain("Tell me your secrets.");
  await expect.poll(() => instructions().at(-1), { timeout: 10_000 }).toBe("Speak like a pirate.");
  const ended = await fetch(`${rig.server.url}${page.location}/hangup`, { method: "POST", headers: { authorization } });
  expect(ended.status).toBe(200);
  const call = provider.calls.at(-1);
  expect(call?.isOver).toBe(true);
  // Nobody listens beside it any more.
  await expect.poll(() => call?.sidebands.filter(({ isOpen }) => isOpen), { timeout: 10_000 }).toEqual([]);
});
