import { env, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { KvObject } from "../../mint-server/local/kv-object.ts";

// On the storage of an object that `wrangler.toml` has: the local KV is not deployed.
const { DIRECTORY } = env as unknown as { DIRECTORY: DurableObjectNamespace };

const bytes = (size: number, fill = 1) => new Uint8Array(size).fill(fill).buffer;

/** Does something with a KV object of so many bytes, and with the storage below it. */
function withObject(maxBytes: number, use: (kv: KvObject, state: DurableObjectState) => Promise<void>): Promise<void> {
  const stub = DIRECTORY.getByName(crypto.randomUUID());
  return runInDurableObject(stub, (_directory, state) => use(new KvObject(state, {}, maxBytes), state));
}

const names = (state: DurableObjectState) =>
  state.storage.sql
    .exec<{ name: string }>("SELECT name FROM entries ORDER BY place")
    .toArray()
    .map(({ name }) => name);

test("does not give what has expired, and an alarm deletes it", async () => {
  await withObject(1000, async (kv, state) => {
    await kv.write("a", bytes(10), 60);
    await kv.write("b", bytes(10), 120);
    await kv.write("c", bytes(10), Number.POSITIVE_INFINITY);
    const alarm = await state.storage.getAlarm();
    expect(alarm).toBeGreaterThan(Date.now() + 50_000);
    expect(alarm).toBeLessThanOrEqual(Date.now() + 60_000);
    state.storage.sql.exec("UPDATE entries SET expires_at = ? WHERE name = 'a'", Date.now() - 1);
    expect([await kv.read("a"), (await kv.read("b"))?.byteLength, (await kv.read("c"))?.byteLength]).toEqual([
      undefined,
      10,
      10,
    ]);
    await state.storage.deleteAlarm();
    await kv.alarm();
    expect(names(state)).toEqual(["b", "c"]);
    // The next alarm is for what expires next.
    expect(await state.storage.getAlarm()).toBeGreaterThan(Date.now() + 60_000);
    state.storage.sql.exec("UPDATE entries SET expires_at = ? WHERE name = 'b'", Date.now() - 1);
    await state.storage.deleteAlarm();
    await kv.alarm();
    expect(names(state)).toEqual(["c"]);
    expect(await state.storage.getAlarm()).toBeNull();
  });
});

test("never holds more than its bytes: the oldest make room, and what is written again is new", async () => {
  await withObject(100, async (kv, state) => {
    for (const name of ["a", "b", "c", "d"]) await kv.write(name, bytes(25), 60);
    await kv.write("a", bytes(25, 2), 60);
    expect(names(state)).toEqual(["b", "c", "d", "a"]);
    await kv.write("e", bytes(30), 60);
    expect(names(state)).toEqual(["d", "a", "e"]);
    await kv.write("f", bytes(101), 60);
    expect(names(state)).toEqual([]);
    await kv.write("g", bytes(100), 60);
    expect((await kv.read("g"))?.byteLength).toBe(100);
  });
});

test("counts what an earlier one left", async () => {
  await withObject(100, async (kv, state) => {
    await kv.write("a", bytes(60), 60);
    const next = new KvObject(state, {}, 100);
    await next.write("b", bytes(50), 60);
    expect(names(state)).toEqual(["b"]);
    await next.remove("b");
    await next.write("c", bytes(100), 60);
    expect(names(state)).toEqual(["c"]);
  });
});
