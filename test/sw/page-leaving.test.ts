import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findTarget } from "../../sw/intercept.ts";
import { stopWithPage } from "../../sw/page-leaving.ts";
import { resolveSettings } from "../../sw/settings.ts";
import { CHAT, createRig, PAGE, type Rig } from "./rig.ts";

let page: EventTarget;
beforeEach(() => {
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function start(rig: Rig) {
  const target = findTarget(resolveSettings({}, PAGE), CHAT, "POST");
  if (!target) throw new Error("covered");
  const onStopped = vi.fn();
  const answer = { key: "k1", leave: () => undefined, stop: async () => undefined, onStopped };
  return { onStopped, settle: stopWithPage(rig.gate, target, answer) };
}

/** Hides the page again and again until that has an effect: a stop is signed in another thread. */
async function hideUntil(check: () => void): Promise<void> {
  await vi.waitFor(() => {
    page.dispatchEvent(new Event("pagehide"));
    check();
  });
}

test("a page that goes sends the stop that lies ready, without waiting for anything", async () => {
  const rig = createRig();
  await rig.call();
  const { onStopped } = start(rig);
  vi.advanceTimersByTime(1);
  const sent = vi.spyOn(rig.gate.line, "fetch");
  // In one turn: once it was signed, it is sent while the event is dispatched.
  await hideUntil(() => expect(sent).toHaveBeenCalled());
  expect(onStopped).toHaveBeenCalled();
  expect(sent.mock.calls[0]?.[1]?.keepalive).toBe(true);
  await vi.waitFor(() => expect(rig.server.stops()).toEqual(["k1"]));
});

test("the stop is signed anew, with the nonce of then, as long as the answer runs", async () => {
  const rig = createRig();
  rig.server.nonce = "n1";
  await rig.call();
  const { settle } = start(rig);
  vi.advanceTimersByTime(1);
  rig.server.nonce = "n2";
  vi.advanceTimersByTime(20_000);
  await hideUntil(() => {
    expect(rig.server.stops().at(-1)).toBe("k1");
    expect(rig.server.seen.at(-1)?.proof.nonce).toBe("n2");
  });
  settle();
});

test("an answer that has ended is not stopped", async () => {
  const rig = createRig();
  await rig.call();
  const { onStopped, settle } = start(rig);
  vi.advanceTimersByTime(1);
  await hideUntil(() => expect(onStopped).toHaveBeenCalledOnce());
  await vi.waitFor(() => expect(rig.server.stops()).toHaveLength(1));
  settle();
  page.dispatchEvent(new Event("pagehide"));
  vi.advanceTimersByTime(60_000);
  expect(onStopped).toHaveBeenCalledOnce();
  expect(rig.server.stops()).toHaveLength(1);
});
