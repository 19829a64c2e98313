import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { compileConfig, type ServerConfig } from "../../mint-server/config.ts";
import type { Directory } from "../../mint-server/orgs/directory.ts";
import { createDirectoryKeys } from "../../mint-server/orgs/directory-keys.ts";
import { createMemoryDirectory } from "../../mint-server/orgs/directory-memory.ts";
import { createDirectoryTables, type Sql } from "../../mint-server/orgs/directory-sql.ts";
import { createKeyHasher } from "../../mint-server/orgs/key-hasher.ts";
import { type AdminParts, deleteKey, deleteOrg, makeKey, putOrg } from "../../mint-server/orgs/org-admin.ts";
import { createOrgFinder } from "../../mint-server/orgs/org-finder.ts";
import type { Freshness, OrgFinder } from "../../mint-server/orgs/stored-orgs.ts";

const SECRET = "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY";
const author = { actor: "test", network: "unknown", at: 1 };
const ORIGIN = "https://stored.example";
const org = (more: object = {}) => ({ endpoints: [{ name: "a", provider: "openai", apiKey: "sk-1" }], ...more });
const MODES: readonly Freshness[] = ["auto", "always", "never"];

/** As much of workerd's `SqlStorage` as a directory uses, on Node's SQLite. */
function asSql(database: DatabaseSync): Sql {
  const exec = (query: string, ...bindings: (string | number | null)[]) => {
    if (query.includes("CREATE TABLE")) database.exec(query);
    const rows = query.includes("CREATE TABLE") ? [] : database.prepare(query).all(...bindings);
    return { toArray: () => rows };
  };
  return { exec } as unknown as Sql;
}

function sqlDirectory(): Directory {
  const tables = createDirectoryTables(asSql(new DatabaseSync(":memory:")));
  return new Proxy(tables, {
    get:
      (target, name: keyof Directory) =>
      async (...given: never[]) =>
        (target[name] as (...all: never[]) => unknown)(...given),
  }) as unknown as Directory;
}

interface Instance {
  readonly finder: OrgFinder;
  readonly admin: AdminParts;
  /** How often the directory was asked. */
  readonly asked: () => number;
}

interface World {
  readonly directory: Directory;
  now: number;
  isDown: boolean;
  instance(orgs?: object): Promise<Instance>;
}

function createWorld(directory: Directory = createMemoryDirectory()): World {
  const world: World = {
    directory,
    now: 1_000_000,
    isDown: false,
    async instance(orgs = {}) {
      const config: ServerConfig = compileConfig({
        secrets: [SECRET],
        publicURLs: ["https://mint.example"],
        orgs: orgs as never,
      });
      let asked = 0;
      const reach = () => {
        asked += 1;
        if (world.isDown) throw new Error("down");
        return directory;
      };
      const vault = await createDirectoryKeys(config.secrets);
      const hasher = createKeyHasher(reach, vault);
      const finder = createOrgFinder({ config, reach, vault, hasher, clock: () => world.now });
      const admin = { config, reach, vault, hasher, revokeAll: async () => {}, invalidate: finder.invalidate };
      return { finder, admin, asked: () => asked };
    },
  };
  return world;
}

const namesBy = async (asked: Promise<{ ok: boolean; value?: unknown; failure?: { kind: string } }>) => {
  const found = await asked;
  if (!found.ok) return found.failure?.kind;
  const list = [found.value ?? []].flat() as { name: string }[];
  return list.map(({ name }) => name);
};

describe.each([
  ["in memory", createMemoryDirectory],
  ["in SQLite", sqlDirectory],
])("a directory %s", (_title, make) => {
  test("hands on every change once and in order, deletions too", async () => {
    const world = createWorld(make());
    const { admin } = await world.instance();
    for (const name of ["a", "b", "c"]) await putOrg(admin, { name, body: org(), author });
    await deleteOrg(admin, { name: "b", author });
    await putOrg(admin, { name: "a", body: org({ origins: [ORIGIN] }), author: { ...author, at: 9 } });
    const rows = await world.directory.changes(0, 10);
    expect(rows.map(({ name, version, deleted, origins }) => [name, version, deleted, origins])).toEqual([
      ["c", 3, false, []],
      ["b", 4, true, []],
      ["a", 5, false, [ORIGIN]],
    ]);
    expect((await world.directory.changes(3, 1)).map(({ name }) => name)).toEqual(["b"]);
    expect(await world.directory.read("b")).toBeUndefined();
    expect(await world.directory.read("a")).toMatchObject({ createdAt: 1, updatedAt: 9, version: 5 });
    expect((await world.directory.list({ after: "", limit: 9 })).map(({ name }) => name)).toEqual(["a", "c"]);
    expect((await world.directory.audit(5, 2)).map(({ org: name, action }) => [name, action])).toEqual([
      ["b", "org.delete"],
      ["c", "org.create"],
    ]);
  });

  test("takes no change that was worked out from an older state", async () => {
    const { directory } = createWorld(make());
    const record = { kid: "k", document: "{}", signature: "", hashes: [], origins: [] };
    const note = { ...author, action: "org.create", detail: "" } as const;
    expect(await directory.write({ name: "a", expected: 0, record, note })).toMatchObject({ version: 1 });
    expect(await directory.write({ name: "a", expected: 0, record, note })).toBeUndefined();
    expect(await directory.write({ name: "a", expected: 2, record, note })).toBeUndefined();
    expect(await directory.write({ name: "a", expected: 1, record: null, note })).toBe("deleted");
    expect(await directory.write({ name: "a", expected: 1, record, note })).toBeUndefined();
    expect(await directory.write({ name: "a", expected: 0, record, note })).toMatchObject({ version: 3 });
    expect(await directory.audit(99, 99)).toHaveLength(3);
  });

  test("keeps the first pepper unless it is replaced by one who knows it", async () => {
    const { directory } = createWorld(make());
    expect(await directory.readPepper()).toBeUndefined();
    expect(await directory.writePepper("one", undefined)).toBe("one");
    expect(await directory.writePepper("two", undefined)).toBe("one");
    expect(await directory.writePepper("two", "other")).toBe("one");
    expect(await directory.writePepper("two", "one")).toBe("two");
    expect(await directory.readPepper()).toBe("two");
  });
});

describe("another instance", () => {
  /** One that has asked, and one that changes things. */
  async function pair() {
    const world = createWorld();
    const [here, there] = [await world.instance(), await world.instance()];
    await putOrg(here.admin, { name: "acme", body: org({ origins: [ORIGIN] }), author });
    const made = await makeKey(here.admin, { name: "acme", author });
    if (!made.ok) throw new Error(made.failure.kind);
    const { apiKey, stored } = made.value;
    const all = async (mode: Freshness) => [
      await namesBy(there.finder.byName("acme", mode)),
      await namesBy(there.finder.byKey(apiKey, mode)),
      await namesBy(there.finder.byOrigin(ORIGIN, mode)),
    ];
    expect(await all("auto")).toEqual([["acme"], ["acme"], ["acme"]]);
    return { world, here, there, all, apiKey, id: stored.id };
  }

  test("asks the directory once in a minute", async () => {
    const { world, there, all } = await pair();
    const before = there.asked();
    for (const mode of ["auto", "always"] as const) await all(mode);
    world.now += 59_999;
    await all("auto");
    expect(there.asked()).toBe(before);
    world.now += 1;
    await all("auto");
    expect(there.asked()).toBe(before + 1);
  });

  test.each(["auto", "always"] as const)("knows of a deletion after a minute at the latest (%s)", async (mode) => {
    const { world, here, all } = await pair();
    await deleteOrg(here.admin, { name: "acme", author });
    world.now += 59_999;
    expect(await all(mode)).toEqual([["acme"], ["acme"], ["acme"]]);
    world.now += 1;
    expect(await all(mode)).toEqual([[], [], []]);
  });

  test("knows of it at once where the cache is not to be used", async () => {
    const { here, all } = await pair();
    await deleteOrg(here.admin, { name: "acme", author });
    expect(await all("never")).toEqual([[], [], []]);
    expect(await all("auto")).toEqual([[], [], []]);
  });

  test("loses a deleted key alone", async () => {
    const { here, all, id } = await pair();
    await deleteKey(here.admin, { name: "acme", id, author });
    expect(await all("never")).toEqual([["acme"], [], ["acme"]]);
  });

  test("finds what is new after five seconds, or a minute if the cache is preferred, or at once if it is not to be used", async () => {
    const { world, here, there } = await pair();
    await putOrg(here.admin, { name: "bolt", body: org(), author });
    const find = (mode: Freshness) => namesBy(there.finder.byName("bolt", mode));
    expect(await find("auto")).toEqual([]);
    world.now += 5_000;
    expect(await find("always")).toEqual([]);
    expect(await find("auto")).toEqual(["bolt"]);
    await putOrg(here.admin, { name: "volt", body: org(), author });
    expect(await namesBy(there.finder.byName("volt", "never"))).toEqual(["volt"]);
  });

  test("sees a change whole, and keeps the very object of what did not change", async () => {
    const { world, here, there } = await pair();
    const find = async () => {
      const found = await there.finder.byName("acme", "never");
      return found.ok ? found.value : undefined;
    };
    const first = await find();
    world.now += 60_000;
    expect(await find()).toBe(first);
    await putOrg(here.admin, { name: "acme", body: org({ limits: { usd: 1 } }), author });
    expect((await find())?.limits).toEqual({ usd: 1, per: "day" });
  });

  test("does without the directory for a minute, and then says so", async () => {
    const { world, all, there } = await pair();
    world.isDown = true;
    world.now += 59_999;
    expect(await all("auto")).toEqual([["acme"], ["acme"], ["acme"]]);
    // Known for long enough to say no as well, as nobody can say otherwise.
    expect(await namesBy(there.finder.byName("bolt", "auto"))).toEqual([]);
    world.now += 1;
    for (const mode of MODES) expect(await all(mode)).toEqual(Array(3).fill("directory_unavailable"));
  });
});

test("an instance that changes something knows at once, also what it was being told meanwhile", async () => {
  const world = createWorld();
  const { finder, admin } = await world.instance();
  await putOrg(admin, { name: "acme", body: org(), author });
  const { changes } = world.directory;
  // A question whose answer was made before the change and comes after it.
  const gate = Promise.withResolvers<void>();
  world.directory.changes = async (...given) => {
    const rows = await changes.apply(world.directory, given);
    await gate.promise;
    return rows;
  };
  const early = finder.byName("bolt", "auto");
  await new Promise<void>((resolve) => setImmediate(resolve));
  await putOrg(admin, { name: "bolt", body: org(), author });
  gate.resolve();
  expect(await namesBy(early)).toEqual([]);
  expect(await namesBy(finder.byName("bolt", "always"))).toEqual(["bolt"]);
});

test("an organisation of the settings goes before a stored one of its name", async () => {
  const world = createWorld();
  const { admin } = await world.instance();
  await putOrg(admin, { name: "acme", body: org({ origins: [ORIGIN], keys: ["a-project-key-of-acme"] }), author });
  const { finder, admin: later } = await world.instance({ acme: {} });
  expect(await namesBy(finder.byName("acme", "auto"))).toEqual([]);
  expect(await namesBy(finder.byKey("a-project-key-of-acme", "auto"))).toEqual([]);
  expect(await namesBy(finder.byOrigin(ORIGIN, "auto"))).toEqual([]);
  expect(later.config.orgs.has("acme")).toBe(true);
});

test("where nothing is stored, no key and no origin costs more than a question now and then", async () => {
  const world = createWorld();
  const { finder, asked } = await world.instance();
  for (let index = 0; index < 100; index++) {
    expect(await namesBy(finder.byKey(`sk-${index}`, "auto"))).toEqual([]);
    expect(await namesBy(finder.byOrigin(`https://${index}.example`, "auto"))).toEqual([]);
  }
  expect(asked()).toBe(1);
});

test("an index of many pages is read whole", async () => {
  const directory = createMemoryDirectory();
  const record = { kid: "k", document: "{}", signature: "", hashes: [], origins: [] };
  const note = { ...author, action: "org.create", detail: "" } as const;
  for (let index = 0; index < 2500; index++) await directory.write({ name: `org-${index}`, expected: 0, record, note });
  const world = createWorld(directory);
  const { finder, admin, asked } = await world.instance();
  await putOrg(admin, { name: "last", body: org(), author });
  const before = asked();
  expect(await namesBy(finder.byName("last", "auto"))).toEqual(["last"]);
  // Three pages, and the organisation.
  expect(asked() - before).toBe(4);
});
