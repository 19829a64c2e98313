import { expect, test } from "vitest";
import { followerStream } from "../../mint-server/answers/follower-stream.ts";
import { createRunningAnswer } from "../../mint-server/answers/running-answer.ts";
import { utf8 } from "../../mint-server/contract/bytes.ts";

/** An answer that runs, and one who reads it at times that the test says. */
function followed() {
  const answer = createRunningAnswer({ hasRoom: () => true, onChange() {} });
  const follower = answer.follow(0, { mark: undefined, credential: undefined, errors: "openai", isArray: false });
  if (!follower) throw new Error("an answer that has just begun can be followed");
  let now = 0;
  let due: (() => void) | undefined;
  const timing = {
    now: () => now,
    after(_: number, call: () => void) {
      due = call;
      return () => {
        due = undefined;
      };
    },
  };
  const reader = followerStream(follower, timing).getReader();
  return {
    answer,
    follower,
    reader,
    say(word: string, afterMs = 0) {
      now += afterMs;
      answer.append(utf8(word));
    },
    /** Whether something is gathered, which goes now. */
    ring() {
      const call = due;
      call?.();
      return call !== undefined;
    },
    async next() {
      const { done, value } = await reader.read();
      return done ? undefined : new TextDecoder().decode(value);
    },
  };
}

const event = (at: number): string => `data: ${at}\n\n`;
/** For whatever is written to be on its way. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test("events that come one after the other each go at once", async () => {
  const { say, next } = followed();
  for (let at = 0; at < 40; at++) {
    say(event(at), 5);
    expect(await next()).toBe(event(at));
  }
});

test("the first of a burst go at once, and the rest together after a while, however little comes later", async () => {
  const { say, next, ring } = followed();
  for (let at = 0; at < 8; at++) {
    say(event(at));
    expect(await next()).toBe(event(at));
  }
  for (let at = 8; at < 100; at++) {
    say(event(at));
    await turn();
  }
  expect(ring()).toBe(true);
  expect(await next()).toBe(Array.from({ length: 92 }, (_, at) => event(8 + at)).join(""));
  expect(ring()).toBe(false);
});

test("two that come later end a burst", async () => {
  const { say, next, ring } = followed();
  for (let at = 0; at < 30; at++) say(event(at));
  expect(await next()).toBe(event(0));
  await expect.poll(ring).toBe(true);
  expect(await next()).toBe(Array.from({ length: 29 }, (_, at) => event(1 + at)).join(""));
  say(event(30), 8);
  await expect.poll(ring).toBe(true);
  expect(await next()).toBe(event(30));
  for (const at of [31, 32]) {
    say(event(at), 8);
    expect(await next()).toBe(event(at));
  }
});

test("what was gathered is not lost where the answer ends, in whatever way", async () => {
  for (const ending of ["whole", "failed"] as const) {
    const { answer, say, next } = followed();
    for (let at = 0; at < 40; at++) {
      say(event(at));
      await turn();
    }
    answer.finish(ending);
    let all = "";
    for (let text = await next(); text !== undefined; text = await next()) all += text;
    expect(all).toBe(Array.from({ length: 40 }, (_, at) => event(at)).join(""));
  }
});

test("who leaves in the middle of a burst is gone", async () => {
  const { answer, follower, reader, say, next, ring } = followed();
  for (let at = 0; at < 40; at++) say(event(at));
  await next();
  await reader.cancel();
  for (let at = 0; at < 40; at++) {
    say(event(at));
    ring();
    await turn();
  }
  await expect.poll(() => follower.isGone).toBe(true);
  expect(answer.followers.size).toBe(0);
});
