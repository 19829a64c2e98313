import { describe, expect, test } from "vitest";
import { createRig } from "./rig.ts";

const LIFE_MS = 600_000;

const used = (rig: ReturnType<typeof createRig>) => new Set(rig.server.calls().map(({ credential }) => credential));

describe("one credential", () => {
  test("is minted once for 50 requests that start together", async () => {
    const rig = createRig();
    const answers = await Promise.all(Array.from({ length: 50 }, () => rig.call()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(rig.server.mints()).toHaveLength(1);
    expect(used(rig).size).toBe(1);
  });

  test("is used until 80 % of its life are over", async () => {
    const rig = createRig();
    await rig.call();
    rig.clockMs = 0.79 * LIFE_MS;
    await rig.call();
    expect(rig.server.mints()).toHaveLength(1);
  });

  test("is renewed in the background of a request, which does not wait for it", async () => {
    const rig = createRig();
    await rig.call();
    rig.clockMs = 0.81 * LIFE_MS;
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    rig.server.door = async () => {
      ask();
      await held;
      return Response.json({ error: {} }, { status: 500 });
    };
    expect((await rig.call()).status).toBe(200);
    await asked;
    // Its failure harms no one while the old one is good; and the next request tries again.
    letGo();
    rig.server.door = undefined;
    await expect.poll(async () => (await rig.call()).status && used(rig).size).toBe(2);
    expect(rig.events.filter(({ type }) => type === "renew")).toHaveLength(1);
  });

  test("is not sent any more at the end of its life", async () => {
    const rig = createRig();
    await rig.call();
    rig.clockMs = 0.99 * LIFE_MS;
    await rig.call();
    expect(rig.server.mints()).toHaveLength(2);
    expect(used(rig).size).toBe(2);
  });

  test("lives by its own span, not by the device's date", async () => {
    // The fake server's clock stands in January 1970: by the device's date each credential expired long ago.
    const rig = createRig();
    for (let calls = 0; calls < 3; calls++) await rig.call();
    expect(rig.server.mints()).toHaveLength(1);
  });
});

describe("signing out", () => {
  test("makes another key and another credential", async () => {
    const rig = createRig();
    await rig.call();
    await rig.gate.credentials.signOut();
    await rig.call();
    const [before, after] = rig.server.mints();
    expect(before?.jkt).not.toBe(after?.jkt);
    expect(used(rig).size).toBe(2);
  });

  test("keeps a mint that was under way from bringing the old credential back", async () => {
    const rig = createRig();
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<string>();
    rig.server.door = async ({ jkt }) => {
      ask(jkt);
      await opened;
      rig.server.door = undefined;
      return Response.json({ error: {} }, { status: 500 });
    };
    const first = rig.call();
    const oldKey = await asked;
    await rig.gate.credentials.signOut();
    rig.server.door = undefined;
    await rig.call();
    open();
    await first;
    await rig.call();
    expect(rig.server.mints().map(({ jkt }) => jkt === oldKey)).toEqual([true, false]);
    expect(new Set(rig.server.calls().map(({ jkt }) => jkt === oldKey))).toEqual(new Set([false]));
  });
});
