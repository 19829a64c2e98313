import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createByteLog } from "../../mint-server/answers/byte-log.ts";
import type { FollowerMark } from "../../mint-server/answers/follower.ts";
import { followerStream } from "../../mint-server/answers/follower-stream.ts";
import type { RunningAnswer } from "../../mint-server/answers/running-answer.ts";
import { createRunningAnswers, type Wanted } from "../../mint-server/answers/running-answers.ts";

const NOBODY: FollowerMark = { mark: undefined, credential: undefined, errors: "openai", isArray: false };
const MiB = 1024 * 1024;

const wanted = (key: string, more: Partial<Wanted> = {}): Wanted => ({
  mark: { key, fingerprint: key },
  share: undefined,
  maxAgeMs: 0,
  holdMs: 10_000,
  now: 0,
  ...more,
});

/** Whether a promise has settled once all that can run has run. */
async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  let settled = promise === undefined;
  promise?.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test("a byte log gives from any position what was appended, in whatever pieces", () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 60 });
  fc.assert(
    fc.property(chunks, fc.nat(), fc.nat(), (appended, from, dropped) => {
      const log = createByteLog();
      for (const chunk of appended) log.append(chunk);
      const all = Buffer.concat(appended);
      expect([log.start, log.end]).toEqual([0, all.length]);
      expect(all.equals(log.whole())).toBe(true);
      log.drop(dropped % (all.length + 1));
      expect(log.start).toBeLessThanOrEqual(dropped % (all.length + 1));
      const position = Math.max(log.start, from % (all.length + 1));
      const read: Uint8Array[] = [];
      for (let at = position; ; at += read.at(-1)?.length ?? 0) {
        const bytes = log.read(at);
        if (!bytes) break;
        read.push(bytes);
      }
      expect(Buffer.concat(read).equals(all.subarray(position))).toBe(true);
      if (log.start > 0) expect(log.read(log.start - 1)).toBeUndefined();
    }),
  );
});

/** Appends so many bytes as a provider does, who waits for room; returns how many went in before it had to. */
async function flood(answer: RunningAnswer, sizeBytes: number): Promise<number> {
  const chunk = new Uint8Array(16 * 1024).fill(7);
  for (let sent = 0; sent < sizeBytes; sent += chunk.length) {
    if (!(await isSettled(answer.room()))) return sent;
    answer.append(chunk);
  }
  return sizeBytes;
}

describe("what is kept", () => {
  test("is at most 4 MiB of an answer that somebody does not read, and the provider waits for them", async () => {
    const answer = createRunningAnswers().start(wanted("a"), undefined);
    const slow = answer.follow(0, NOBODY);
    const fast = answer.follow(0, NOBODY);
    const sent = await flood(answer, 8 * MiB);
    expect(sent).toBeGreaterThan(3.9 * MiB);
    expect(answer.sizeBytes).toBeLessThanOrEqual(4.1 * MiB);
    while (fast?.take()) {}
    const room = answer.room();
    expect(await isSettled(room)).toBe(false);
    for (let taken = 0; taken < 1024 * 1024; ) taken += slow?.take()?.length ?? 0;
    expect(await isSettled(room)).toBe(true);
  });

  test("goes back to the beginning until there is no room, and says so from then on", async () => {
    const answer = createRunningAnswers().start(wanted("a"), undefined);
    const reader = answer.follow(0, NOBODY);
    await flood(answer, MiB);
    while (reader?.take()) {}
    expect(answer.follow(0, NOBODY)?.leave()).toBeUndefined();
    for (let round = 0; round < 6; round++) {
      await flood(answer, MiB);
      while (reader?.take()) {}
    }
    expect(answer.follow(0, NOBODY)).toBeUndefined();
    expect(answer.follow(7 * MiB - 1, NOBODY)).toBeDefined();
    expect(answer.whole()).toBeUndefined();
  });

  test("is at most 64 MiB of all, and the oldest that is finished goes first", async () => {
    const answers = createRunningAnswers();
    const keys = Array.from({ length: 24 }, (_, at) => `key ${at}`);
    for (const key of keys) {
      const answer = answers.start(wanted(key), undefined);
      const follower = answer.follow(0, NOBODY);
      await flood(answer, 3 * MiB);
      answer.finish("whole");
      while (follower?.take()) {}
      follower?.leave();
    }
    const found = keys.map((key) => answers.find(wanted(key)).kind === "answer");
    const kept = found.filter(Boolean).length;
    expect(kept).toBeGreaterThan(10);
    expect(kept * 3).toBeLessThanOrEqual(66);
    expect(found).toEqual([...found].sort());
    for (const key of keys) answers.cancel(key, 0);
  });

  test("leaves room enough for those who are read, even when others fill it all", async () => {
    const answers = createRunningAnswers();
    const stalled = Array.from({ length: 17 }, (_, at) => answers.start(wanted(`stalled ${at}`), undefined));
    for (const answer of stalled) {
      answer.follow(0, NOBODY);
      await flood(answer, 5 * MiB);
    }
    const answer = answers.start(wanted("read"), undefined);
    const reader = answer.follow(0, NOBODY);
    for (let round = 0; round < 100; round++) {
      expect(await flood(answer, 64 * 1024)).toBe(64 * 1024);
      while (reader?.take()) {}
    }
    expect(await flood(answer, 8 * MiB)).toBeLessThan(MiB);
    for (const { close } of stalled) close();
  });
});

describe("a follower", () => {
  test("gets the same bytes as everyone, whatever its pace", async () => {
    const answer = createRunningAnswers().start(wanted("a"), undefined);
    const followers = [0, 1, 5000, 70_000].map((position) => answer.follow(position, NOBODY));
    const streams = followers.flatMap((follower) => (follower ? [followerStream(follower)] : []));
    const bodies = Promise.all(streams.map(async (stream) => Buffer.from(await new Response(stream).arrayBuffer())));
    const all: Uint8Array[] = [];
    for (let at = 0; at < 300; at++) {
      const chunk = new Uint8Array(1 + ((at * 37) % 900)).fill(at);
      all.push(chunk);
      answer.append(chunk);
      if (at % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    answer.finish("whole");
    const whole = Buffer.concat(all);
    const [first, second, third, fourth] = await bodies;
    expect(first?.equals(whole)).toBe(true);
    expect(second?.equals(whole.subarray(1))).toBe(true);
    expect(third?.equals(whole.subarray(5000))).toBe(true);
    expect(fourth?.equals(whole.subarray(70_000))).toBe(true);
  });

  test("of an answer that broke off is broken off", async () => {
    const answer = createRunningAnswers().start(wanted("a"), undefined);
    const follower = answer.follow(0, NOBODY);
    answer.append(Uint8Array.of(1, 2, 3));
    answer.finish("broken");
    if (!follower) throw new Error("no follower");
    await expect(new Response(followerStream(follower)).arrayBuffer()).rejects.toThrow();
  });

  test("who leaves a stream that it was reading is gone", async () => {
    const answers = createRunningAnswers();
    const answer = answers.start(wanted("a", { holdMs: 0 }), undefined);
    const follower = answer.follow(0, NOBODY);
    if (!follower) throw new Error("no follower");
    await followerStream(follower).cancel();
    expect(answer.followers.size).toBe(0);
    expect(answer.signal.aborted).toBe(true);
  });
});
