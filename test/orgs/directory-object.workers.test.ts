import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { DirectoryObject } from "../../mint-server/directory-object.ts";

// The binding of `wrangler.toml`.
const { DIRECTORY } = env as unknown as { DIRECTORY: DurableObjectNamespace<DirectoryObject> };

const newDirectory = () => {
  const name = crypto.randomUUID();
  return () => DIRECTORY.getByName(name);
};
const record = { kid: "k", document: "{}", signature: "s", hashes: ["h"], origins: ["https://a.example"] };
const note = { at: 5, actor: "key:a", network: "unknown", action: "org.create", detail: "endpoints" } as const;

test("knows after an eviction what it knew before", async () => {
  const directory = newDirectory();
  await directory().write({ name: "acme", expected: 0, record, note });
  await directory().write({ name: "bolt", expected: 0, record, note });
  await directory().write({ name: "bolt", expected: 2, record: null, note: { ...note, action: "org.delete" } });
  await directory().writePepper("sealed", undefined);
  await evictDurableObject(directory());
  expect(await directory().read("acme")).toEqual({ name: "acme", version: 1, record, createdAt: 5, updatedAt: 5 });
  expect(await directory().read("bolt")).toBeUndefined();
  expect(await directory().readPepper()).toBe("sealed");
  expect((await directory().changes(0, 9)).map(({ name, version, deleted }) => [name, version, deleted])).toEqual([
    ["acme", 1, false],
    ["bolt", 3, true],
  ]);
  expect((await directory().audit(9, 1))[0]).toMatchObject({ version: 3, org: "bolt", action: "org.delete" });
});

test("of 20 changes worked out from one state one is made, with one row in the audit", async () => {
  const directory = newDirectory();
  const change = { name: "acme", expected: 0, record, note };
  const all = await Promise.all(Array.from({ length: 20 }, () => directory().write(change)));
  expect(all.filter((written) => written !== undefined)).toHaveLength(1);
  expect(await directory().audit(99, 99)).toHaveLength(1);
});

test("a change that cannot be stored leaves no row in the audit", async () => {
  const directory = newDirectory();
  await directory().write({ name: "acme", expected: 0, record, note });
  await runInDurableObject(directory(), async (object) => {
    const broken = { ...record, document: 7n as unknown as string };
    await expect(object.write({ name: "acme", expected: 1, record: broken, note })).rejects.toThrow();
  });
  expect(await directory().audit(99, 99)).toHaveLength(1);
  expect(await directory().read("acme")).toMatchObject({ version: 1 });
});
