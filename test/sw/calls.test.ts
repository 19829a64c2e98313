import { expect, test } from "vitest";
import { createCalls } from "../../sw/calls.ts";

test("cancels a running call, and no other", () => {
  const calls = createCalls();
  const [one, other] = [calls.begin("1"), calls.begin("2")];
  calls.cancel("1");
  expect([one.abort.signal.aborted, other.abort.signal.aborted]).toEqual([true, false]);
});

test("cancels a call whose cancellation came before its request", () => {
  const calls = createCalls();
  calls.cancel("1");
  expect(calls.begin("1").abort.signal.aborted).toBe(true);
  expect(calls.begin("1").abort.signal.aborted).toBe(false);
});

test("remembers a bounded number of early cancellations, the newest ones", () => {
  const calls = createCalls();
  for (let id = 0; id < 1000; id++) calls.cancel(String(id));
  expect(calls.begin("0").abort.signal.aborted).toBe(false);
  expect(calls.begin("999").abort.signal.aborted).toBe(true);
});

test("knows a call until it has ended", () => {
  const calls = createCalls();
  const { end } = calls.begin("1");
  expect(calls.has("1")).toBe(true);
  end();
  expect(calls.has("1")).toBe(false);
});

test("does not take the end of a call for that of a later one of the same name", () => {
  const calls = createCalls();
  const lost = calls.begin("1");
  calls.begin("1");
  lost.end();
  expect(calls.has("1")).toBe(true);
});

test("says when a cancelled call has ended", async () => {
  const calls = createCalls();
  const { givenUp, end } = calls.begin("1");
  let ended = false;
  const cancelling = calls.cancel("1").then(() => {
    ended = true;
  });
  await givenUp;
  expect(ended).toBe(false);
  end();
  await cancelling;
});
