import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBacklog } from "../../mint-server/realtime/backlog.ts";
import { byHeader, connectTo, pcm, type RealtimeRig, startRealtimeRig } from "./rig.ts";

let rig: RealtimeRig;
beforeAll(async () => {
  rig = await startRealtimeRig();
});
afterAll(() => rig?.stop());

/** Memory of a process that is in RAM now, in megabytes. Linux. */
function rssMb(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}

const DELTA = JSON.stringify({ type: "response.output_audio.delta", delta: pcm(1000) });

async function open(key: string) {
  const before = rig.provider.connections.length;
  const client = await connectTo(rig.socketURL(), byHeader(key));
  await client.next("session.created");
  const provider = rig.provider.connections[before];
  if (!provider) throw new Error("nobody came");
  return { client, provider };
}

test("what waits drains with time, and is too much beyond the window", () => {
  const backlog = createBacklog({ windowBytes: 1000, bytesPerSecond: 100 });
  expect(backlog.add(900, 0)).toBe(true);
  expect(backlog.add(100, 0)).toBe(true);
  expect(backlog.add(200, 2000)).toBe(true);
  expect(backlog.add(1, 2000)).toBe(false);
  // A clock that is put back drains nothing, and time that passed in silence is no credit.
  expect(backlog.add(0, 1000)).toBe(false);
  expect(backlog.add(1000, 60_000)).toBe(true);
  expect(backlog.add(1, 60_000)).toBe(false);
});

test("a client that reads nothing ends its session, and the server keeps a bounded part of what it did not take", async () => {
  for (const key of [rig.server.projectKey ?? "", (await rig.issue()).key]) {
    const { client, provider } = await open(key);
    client.socket.pause();
    const before = rssMb(rig.server.pid);
    for (let seconds = 0; seconds < 2000 && !provider.closed; seconds += 10) {
      for (let i = 0; i < 10; i++) provider.send(DELTA);
      // Lets what was sent go, and what came back be seen.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await rig.provider.until(() => provider.closed);
    expect(provider.events()).toContainEqual({ type: "response.cancel" });
    expect(rssMb(rig.server.pid) - before).toBeLessThan(100);
    client.socket.resume();
    expect(await client.closed).toEqual({ code: 1013, reason: "try_again" });
  }
});

test("a client that reads has the longest answer at once", async () => {
  const { client, provider } = await open((await rig.issue()).key);
  for (let seconds = 0; seconds < 205; seconds++) provider.send(DELTA);
  provider.send('{"type":"over"}');
  await client.next("over");
  expect(client.events.filter(({ type }) => type === "response.output_audio.delta").length).toBe(205);
});

test("a client that floods its provider is closed with 4029", async () => {
  const { client, provider } = await open(rig.server.projectKey ?? "");
  provider.pause();
  const frame = JSON.stringify({ type: "input_audio_buffer.append", audio: pcm(60_000) });
  for (let i = 0; i < 20; i++) client.send(frame);
  expect(await client.closed).toEqual({ code: 4029, reason: "rate_limited" });
});
