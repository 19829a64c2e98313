import { expect, test } from "vitest";
import { createCredentials } from "../../sw/credentials.ts";
import { createMint } from "../../sw/mint.ts";
import { createReadyProofs } from "../../sw/proof.ts";
import type { Line } from "../../sw/send.ts";
import { resolveSettings } from "../../sw/settings.ts";
import { shareMint } from "../../sw/shared-mint.ts";
import { createFakeMintServer } from "./fake-mint-server.ts";
import { createMemoryKeys, PAGE } from "./rig.ts";

/** Longer than any test: offers do come, on a busy machine too. */
const PATIENT_MS = 600_000;

/** One origin's tabs; `template` keeps the tests' channels apart. */
function createOrigin(template: string, { keysOf = sharedKeys(), offerMs = PATIENT_MS } = {}) {
  const server = createFakeMintServer();
  const settings = resolveSettings({ template }, PAGE);
  const openTab = () => {
    const line: Line = { fetch: server.fetch, proofs: createReadyProofs(), nonce: undefined };
    const shared = shareMint(createMint({ settings, line, idToken: async () => undefined }), settings, offerMs);
    const credentials = createCredentials({
      keys: keysOf(),
      mint: shared.mint,
      now: () => performance.now(),
      onMint: () => undefined,
    });
    return {
      async get() {
        const result = await credentials.get();
        if (!result.ok) throw new Error("no credential");
        return result.credential.value;
      },
      drop: credentials.drop,
      leave: shared.forget,
      hearOfSignOut() {
        shared.forget();
        credentials.forget();
      },
    };
  };
  return { server, openTab };
}

function sharedKeys() {
  const keys = createMemoryKeys();
  return () => keys;
}

test("fifty tabs that start at once mint once", async () => {
  const { server, openTab } = createOrigin("fifty");
  const tabs = Array.from({ length: 50 }, openTab);
  const values = await Promise.all(tabs.map((tab) => tab.get()));
  expect(server.mints()).toHaveLength(1);
  expect(new Set(values).size).toBe(1);
});

test("a tab that starts later is given the credential of another", async () => {
  const { server, openTab } = createOrigin("later");
  const first = await openTab().get();
  expect(await openTab().get()).toBe(first);
  expect(server.mints()).toHaveLength(1);
});

test("the next in line gives the credential on when the keeper's tab has gone", async () => {
  const { server, openTab } = createOrigin("gone");
  const [keeper, next] = [openTab(), openTab()];
  const first = await keeper.get();
  await next.get();
  await expect.poll(waitingForKeeper).toContainEqual(expect.stringMatching(/ gone held$/));
  keeper.leave();
  await expect.poll(waitingForKeeper).not.toContainEqual(expect.stringMatching(/ gone held$/));
  expect(await openTab().get()).toBe(first);
  expect(server.mints()).toHaveLength(1);
});

test("a credential that the server refused is not taken from another tab", async () => {
  const { server, openTab } = createOrigin("refused");
  const [tab, other] = [openTab(), openTab()];
  const first = await tab.get();
  await other.get();
  other.drop(first);
  expect(await other.get()).not.toBe(first);
  expect(server.mints()).toHaveLength(2);
});

test("a tab with a key of its own mints for itself", async () => {
  const { server, openTab } = createOrigin("own-key", { keysOf: createMemoryKeys });
  expect(await openTab().get()).not.toBe(await openTab().get());
  expect(server.mints()).toHaveLength(2);
});

test("a tab that was told of the sign-out offers nothing any more", async () => {
  const { server, openTab } = createOrigin("signed-out", { offerMs: 1 });
  const [tab, other] = [openTab(), openTab()];
  const first = await tab.get();
  for (const one of [tab, other]) one.hearOfSignOut();
  expect(await other.get()).not.toBe(first);
  expect(server.mints()).toHaveLength(2);
});

async function waitingForKeeper(): Promise<readonly (string | undefined)[]> {
  const { pending = [] } = await navigator.locks.query();
  return pending.map(({ name }) => name);
}
