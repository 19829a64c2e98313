import { expect, test } from "vitest";
import { compileConfig, type MintServerConfig } from "../../mint-server/config.ts";
import type { KeyHasher } from "../../mint-server/orgs/key-hasher.ts";
import { createServices, type Platform } from "../../mint-server/server.ts";
import { readSettings } from "../../mint-server/settings.ts";
import { makeReservation } from "./make-reservation.ts";
import { createShardLedgers } from "./shard-namespace.ts";

const configOf = (org: object): MintServerConfig =>
  readSettings({
    MINT_SECRET: "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY",
    PUBLIC_URL: "https://mint.example",
    MINT_CONFIG: JSON.stringify({ orgs: { acme: org, other: {} } }),
  });
const shardsOf = (org: object) => compileConfig(configOf(org)).orgs.get("acme")?.ledgerShards;

test("an organisation has one ledger unless it wants more, at most 16", () => {
  expect(shardsOf({})).toBeUndefined();
  expect(shardsOf({ ledgerShards: 1, limits: { requestsPerMinute: 5 } })).toBe(1);
  expect(shardsOf({ ledgerShards: 16, limits: { usd: 5 } })).toBe(16);
});

test.each([0, 17, 2.5, "4"])("%j shards are none", (ledgerShards) => {
  expect(() => shardsOf({ ledgerShards })).toThrow("orgs.acme.ledgerShards: must be a whole number from 1 to 16");
});

test("a minute of all cannot be counted on several", () => {
  expect(() => shardsOf({ ledgerShards: 2, limits: { requestsPerMinute: 5 } })).toThrow(
    "orgs.acme.ledgerShards: must be 1 where the organisation's limits have requestsPerMinute",
  );
  expect(
    shardsOf({ ledgerShards: 2, sessions: { authorize: { type: "anonymous" }, limits: { requestsPerMinute: 5 } } }),
  ).toBe(2);
});

test("a stored organisation has one", async () => {
  const { readGivenOrg } = await import("../../mint-server/orgs/given-org.ts");
  const checking = { name: "acme", current: undefined, publicURLs: [], hasher: {} as KeyHasher, now: 0 };
  expect(await readGivenOrg({ ledgerShards: 4 }, checking)).toMatchObject({
    ok: false,
    failure: { kind: "bad_field", param: "ledgerShards" },
  });
});

test("only the ledgers of an organisation that wants shards have any, and only where the platform can have them", async () => {
  const config = configOf({ ledgerShards: 4 });
  const reservedAt = async (org: string, lent: (ledgers: ReturnType<typeof createShardLedgers>) => Platform) => {
    const ledgers = createShardLedgers(Date.now);
    const { ledgerOf } = await createServices(config, lent(ledgers));
    expect(await ledgerOf(org).reserve(makeReservation({ now: Date.now() }))).toMatchObject({ ok: true });
    return ledgers.calls.filter((call) => call.includes("reserve"));
  };
  const both = ({ namespace }: ReturnType<typeof createShardLedgers>) => ({
    ledgers: namespace,
    ledgerShards: namespace,
  });
  expect(await reservedAt("acme", both)).toEqual([expect.stringMatching(/^acme\n[0-3] reserveInShard$/)]);
  expect(await reservedAt("other", both)).toEqual(["other reserve"]);
  expect(await reservedAt("acme", ({ namespace }) => ({ ledgers: namespace }))).toEqual(["acme reserve"]);
});
