import { env, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { createShelfTable, type ShelfTable } from "../../mint-server/responses/shelf-table.ts";

const { ANSWERS } = env as unknown as { ANSWERS: DurableObjectNamespace };

const inObject = (run: (table: ShelfTable, sql: SqlStorage) => void, ownerBytes = 1000, bytes = 1e9): Promise<void> =>
  runInDurableObject(ANSWERS.getByName(crypto.randomUUID()), (_object, { storage: { sql } }) =>
    run(createShelfTable(sql, { ownerBytes, bytes }), sql),
  );

const row = (owner: string, name: string, size = 100, expiresMs = 1000) => ({
  owner,
  name,
  sealed: new Uint8Array(size).fill(name.length),
  expiresMs,
});

const found = (table: ShelfTable, owner: string, name: string, now = 0) => table.get(owner, [name], now)[0];

test("gives what was put, to its owner, until its time is over", () =>
  inObject((table) => {
    table.put(row("alice", "one"));
    expect(found(table, "alice", "one", 999)).toEqual(new Uint8Array(100).fill(3));
    expect(found(table, "alice", "one", 1000)).toBeUndefined();
    expect(found(table, "bob", "one")).toBeUndefined();
    table.put(row("alice", "two", 5));
    const names = table.get("alice", ["two", "three", "one"], 0).map((sealed) => sealed?.length);
    expect(names).toEqual([5, undefined, 100]);
    table.put(row("alice", "one", 5));
    expect(found(table, "alice", "one")).toEqual(new Uint8Array(5).fill(3));
  }));

test("drops an owner's oldest when they have too much, and nobody else's", () =>
  inObject((table) => {
    table.put(row("bob", "his"));
    for (let at = 0; at < 20; at++) table.put(row("alice", `${at}`));
    const kept = Array.from({ length: 20 }, (_, at) => found(table, "alice", `${at}`) !== undefined);
    expect(kept).toEqual([...Array(10).fill(false), ...Array(10).fill(true)]);
    expect(found(table, "bob", "his")).toBeDefined();
  }));

test("drops the oldest of all when the whole database is full", () =>
  inObject(
    (table) => {
      for (let at = 0; at < 300; at++) table.put(row(`owner ${at}`, "one", 4000));
      expect(found(table, "owner 0", "one")).toBeUndefined();
      // Room is made in small steps: what is new stays.
      for (let at = 270; at < 300; at++) expect(found(table, `owner ${at}`, "one")).toBeDefined();
    },
    10_000,
    512 * 1024,
  ));

test("forgets what has expired, and says when the next does", () =>
  inObject((table, sql) => {
    table.put(row("alice", "one", 1, 1000));
    table.put(row("alice", "two", 1, 2000));
    expect(table.sweep(1500)).toBe(2000);
    expect(sql.exec<{ n: number }>("SELECT count(*) AS n FROM responses").one().n).toBe(1);
    expect(table.sweep(2000)).toBeUndefined();
  }));
