import { expect, test } from "vitest";
import { createCalls } from "../../sw/calls.ts";

test("cancels a running call, and no other", () => {
  const calls = createCalls();
  const [one, other] = [calls.begin("1"), calls.begin("2")];
  calls.cancel("1");
  expect([one.signal.aborted, other.signal.aborted]).toEqual([true, false]);
});

test("cancels a call whose cancellation came before its request", () => {
  const calls = createCalls();
  calls.cancel("1");
  expect(calls.begin("1").signal.aborted).toBe(true);
  expect(calls.begin("1").signal.aborted).toBe(false);
});

test("remembers a bounded number of early cancellations, the newest ones", () => {
  const calls = createCalls();
  for (let id = 0; id < 1000; id++) calls.cancel(String(id));
  expect(calls.begin("0").signal.aborted).toBe(false);
  expect(calls.begin("999").signal.aborted).toBe(true);
});

test("knows a call until it has ended", () => {
  const calls = createCalls();
  calls.begin("1");
  expect(calls.has("1")).toBe(true);
  calls.end("1");
  expect(calls.has("1")).toBe(false);
});
