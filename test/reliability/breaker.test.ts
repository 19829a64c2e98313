import { expect, test } from "vitest";
import { createBreaker, DEFAULT_BREAKER } from "../../mint-server/providers/breaker.ts";

const T0 = Date.UTC(2026, 0, 1);

function failTimes(breaker: ReturnType<typeof createBreaker>, times: number, now: number): void {
  for (let count = 0; count < times; count++) breaker.fail(breaker.begin(now), now);
}

test("opens after five failures in a row, and not after four", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  failTimes(breaker, 4, T0);
  expect([breaker.state(T0), breaker.admits(T0)]).toEqual(["closed", true]);
  failTimes(breaker, 1, T0);
  expect([breaker.state(T0), breaker.admits(T0), breaker.until]).toEqual(["open", false, T0 + 5000]);
});

test("one success between them starts the count anew", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  failTimes(breaker, 4, T0);
  breaker.succeed(breaker.begin(T0), T0);
  failTimes(breaker, 4, T0);
  expect(breaker.state(T0)).toBe("closed");
});

test("opens when half of twenty requests within ten seconds fail, though never five in a row", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  for (let count = 0; count < 19; count++) {
    const pass = breaker.begin(T0 + count * 100);
    if (count % 2 === 0) breaker.fail(pass, T0 + count * 100);
    else breaker.succeed(pass, T0 + count * 100);
  }
  expect(breaker.state(T0 + 2000)).toBe("closed");
  failTimes(breaker, 1, T0 + 2000);
  expect(breaker.state(T0 + 2000)).toBe("open");
});

test("what is older than the window does not count", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  for (let count = 0; count < 19; count++) {
    const now = T0 + count * 10;
    const pass = breaker.begin(now);
    if (count % 2 === 0) breaker.fail(pass, now);
    else breaker.succeed(pass, now);
  }
  failTimes(breaker, 1, T0 + 11_000);
  expect(breaker.state(T0 + 11_000)).toBe("closed");
});

test("lets exactly one probe through when it is due, whose success closes it", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  failTimes(breaker, 5, T0);
  expect(breaker.admits(T0 + 4999)).toBe(false);
  const due = T0 + 5000;
  expect([breaker.state(due), breaker.admits(due)]).toEqual(["half-open", true]);
  const probe = breaker.begin(due);
  expect([probe.isProbe, breaker.admits(due)]).toEqual([true, false]);
  breaker.succeed(probe, due + 100);
  expect([breaker.state(due + 100), breaker.admits(due + 100), breaker.failuresInARow]).toEqual(["closed", true, 0]);
});

test("a probe that fails opens it for as long again", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  failTimes(breaker, 5, T0);
  breaker.fail(breaker.begin(T0 + 5000), T0 + 5100);
  expect([breaker.admits(T0 + 10_099), breaker.admits(T0 + 10_100)]).toEqual([false, true]);
});

test("a probe whose caller left makes room for another, and one that is never heard of again does in time", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  failTimes(breaker, 5, T0);
  breaker.forget(breaker.begin(T0 + 5000));
  expect(breaker.admits(T0 + 5000)).toBe(true);
  breaker.begin(T0 + 5000);
  expect([breaker.admits(T0 + 34_999), breaker.admits(T0 + 35_000)]).toEqual([false, true]);
});

test("requests that began before it opened neither close nor open it", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  const before = [breaker.begin(T0), ...Array.from({ length: 9 }, () => breaker.begin(T0))];
  failTimes(breaker, 5, T0);
  breaker.succeed(before[0] ?? { generation: 0, isProbe: false }, T0 + 1);
  expect(breaker.state(T0 + 1)).toBe("open");
  breaker.succeed(breaker.begin(T0 + 5000), T0 + 5000);
  for (const pass of before.slice(1)) breaker.fail(pass, T0 + 5001);
  expect(breaker.state(T0 + 5001)).toBe("closed");
});

test("a refused key is a quarantine of its own length, ended by a probe", () => {
  const breaker = createBreaker(DEFAULT_BREAKER);
  breaker.quarantine(T0);
  expect([breaker.state(T0 + 59_999), breaker.admits(T0 + 59_999)]).toEqual(["quarantined", false]);
  expect([breaker.state(T0 + 60_000), breaker.admits(T0 + 60_000)]).toEqual(["half-open", true]);
  breaker.succeed(breaker.begin(T0 + 60_000), T0 + 60_001);
  expect(breaker.state(T0 + 60_001)).toBe("closed");
});

test("its rules can be others", () => {
  const breaker = createBreaker({ ...DEFAULT_BREAKER, failuresInARow: 2, probeAfterSeconds: 1 });
  failTimes(breaker, 2, T0);
  expect([breaker.admits(T0 + 999), breaker.admits(T0 + 1000)]).toEqual([false, true]);
});
