import { expect, test } from "vitest";
import { ask, readIdToken, readPageMessage, readWorkerMessage } from "../../sw/messages.ts";

const FOREIGN = [
  undefined,
  null,
  "mintgate:ping",
  7,
  [],
  {},
  { type: "SKIP_WAITING" },
  { type: "mintgate:ping", id: 7 },
  { type: "mintgate:done" },
];

test.each(FOREIGN)("leaves the app's own messages alone: %o", (data) => {
  expect(readPageMessage(data)).toBeUndefined();
  expect(readWorkerMessage(data)).toBeUndefined();
});

test("reads a page's messages and drops what does not belong to them", () => {
  expect(readPageMessage({ type: "mintgate:cancel", id: "1", more: true })).toEqual({
    type: "mintgate:cancel",
    id: "1",
  });
  expect(readPageMessage({ type: "mintgate:sign-out" })).toEqual({ type: "mintgate:sign-out" });
  expect(readWorkerMessage({ type: "mintgate:unknown", id: "1" })).toEqual({ type: "mintgate:unknown", id: "1" });
});

test("takes an ID token only if it is a text", () => {
  expect(["t", "", 1, undefined].map((idToken) => readIdToken({ idToken }))).toEqual([
    "t",
    undefined,
    undefined,
    undefined,
  ]);
});

test("asks and is answered on the port that went along", async () => {
  const recipient = {
    postMessage: (message: unknown, [port]: Transferable[]) => (port as MessagePort).postMessage({ got: message }),
  };
  expect(await ask(recipient, { type: "mintgate:hello" }, 60_000)).toEqual({ got: { type: "mintgate:hello" } });
});

test("stops waiting for one that does not answer", async () => {
  expect(await ask({ postMessage: () => undefined }, { type: "mintgate:hello" }, 1)).toBeUndefined();
});
