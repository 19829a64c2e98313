import { expect, test } from "vitest";
import { startDeadlines, type TimedOut } from "../../mint-server/providers/deadlines.ts";
import { createClock } from "./clock.ts";

const TIMEOUTS = { firstByteSeconds: 5, idleSeconds: 3, totalSeconds: 20 };
const NEVER = new Promise<string>(() => {});

test("no head within the time for the first byte", async () => {
  const clock = createClock();
  const deadlines = startDeadlines(TIMEOUTS, { timing: clock });
  let head: string | undefined = "waiting";
  const waiting = deadlines.head(NEVER).then((value) => {
    head = value;
  });
  await clock.advance(4999);
  expect(head).toBe("waiting");
  await clock.advance(1);
  await waiting;
  expect(deadlines.passed).toEqual({ kind: "upstream_timeout", phase: "first byte", seconds: 5 });
});

test("a total that is shorter names itself", async () => {
  const clock = createClock();
  const deadlines = startDeadlines({ totalSeconds: 2 }, { timing: clock });
  const waiting = deadlines.head(NEVER);
  await clock.advance(2000);
  await waiting;
  expect(deadlines.passed).toEqual({ kind: "upstream_timeout", phase: "total", seconds: 2 });
});

test("a head in time leaves nothing behind", async () => {
  const clock = createClock();
  const deadlines = startDeadlines(TIMEOUTS, { timing: clock });
  expect(await deadlines.head(Promise.resolve("head"))).toBe("head");
  await clock.advance(60_000);
  expect(deadlines.passed).toBeUndefined();
});

test("an answer is idle once nothing came for so long, and not before", async () => {
  const clock = createClock();
  const seen: TimedOut[] = [];
  let stalls = 0;
  const deadlines = startDeadlines(TIMEOUTS, { timing: clock, onStall: () => stalls++ });
  const watch = deadlines.watch((failure) => seen.push(failure));
  for (let count = 0; count < 4; count++) {
    await clock.advance(2900);
    watch.touch();
  }
  expect(seen).toEqual([]);
  await clock.advance(3000);
  expect([seen, stalls]).toEqual([[{ kind: "upstream_timeout", phase: "idle", seconds: 3 }], 1]);
});

test("one that goes on and on ends with the total", async () => {
  const clock = createClock();
  const seen: TimedOut[] = [];
  let stalls = 0;
  const deadlines = startDeadlines(TIMEOUTS, { timing: clock, onStall: () => stalls++ });
  const watch = deadlines.watch((failure) => seen.push(failure));
  for (let count = 0; count < 25; count++) {
    await clock.advance(1000);
    watch.touch();
  }
  expect([seen, stalls]).toEqual([[{ kind: "upstream_timeout", phase: "total", seconds: 20 }], 0]);
});

test("what is over is watched no more", async () => {
  const clock = createClock();
  const seen: TimedOut[] = [];
  const deadlines = startDeadlines(TIMEOUTS, { timing: clock });
  deadlines.watch((failure) => seen.push(failure)).over();
  await clock.advance(60_000);
  expect(seen).toEqual([]);
});

test("a body that stops is cancelled while it is read", async () => {
  const clock = createClock();
  const cancelled: unknown[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    cancel: (reason) => void cancelled.push(reason),
  });
  const deadlines = startDeadlines(TIMEOUTS, { timing: clock });
  const reading = expect(deadlines.text(new Response(body))).rejects.toThrow();
  await clock.advance(3000);
  await reading;
  expect([cancelled, deadlines.passed?.phase]).toEqual([["idle"], "idle"]);
});

test("a body is read whole, however its characters are cut", async () => {
  const bytes = new TextEncoder().encode("a ☕ and 𝄞");
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const deadlines = startDeadlines(TIMEOUTS, { timing: createClock() });
  expect(await deadlines.text(new Response(body))).toBe("a ☕ and 𝄞");
});

test("a short answer that does not come is given up", async () => {
  const clock = createClock();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
  });
  const deadlines = startDeadlines(TIMEOUTS, { timing: clock });
  const reading = expect(deadlines.text(new Response(body, { headers: { "content-length": "2" } }))).rejects.toThrow();
  await clock.advance(3000);
  await reading;
  expect(deadlines.passed?.phase).toBe("idle");
});

test("an answer without an end is given up, and its provider closed", async () => {
  const deadlines = startDeadlines(TIMEOUTS, { timing: createClock() });
  const part = new Uint8Array(8 * 1024 * 1024).fill(0x20);
  let given = 0;
  let closed = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      given++;
      controller.enqueue(part);
    },
    cancel() {
      closed = true;
    },
  });
  await expect(deadlines.text(new Response(endless))).rejects.toThrow("too long");
  expect(closed).toBe(true);
  expect(given).toBeLessThan(12);
});
