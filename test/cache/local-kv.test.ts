import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareWorker, type RunningWorker, startWorker, writeWorker } from "../support/bare-worker.ts";

// The local KV behind a real binding of workerd's.

let folder: string;
const LOCAL_KV: BareWorker = {
  entry: new URL("local-kv.worker.ts", import.meta.url),
  bindings: [
    '(name = "CACHE", kvNamespace = (name = "main", entrypoint = "localKv"))',
    '(name = "KV_OBJECT", durableObjectNamespace = "KvObject")',
  ],
  className: "KvObject",
};

let worker: RunningWorker;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mintgate-kv-"));
  await writeWorker(folder, LOCAL_KV);
  worker = await startWorker(folder);
});
afterAll(async () => {
  await worker.kill();
  await rm(folder, { recursive: true, force: true });
});

const call = (method: string, query: Record<string, string>, body?: Uint8Array<ArrayBuffer>) =>
  fetch(`${worker.url}/?${new URLSearchParams(query)}`, { method, ...(body && { body }) });
const put = (key: string, body: Uint8Array<ArrayBuffer>, ttl = "60") => call("PUT", { key, ttl }, body);
const get = async (key: string) => {
  const answer = await call("GET", { key });
  return answer.status === 200 ? new Uint8Array(await answer.arrayBuffer()) : answer.status;
};
const bytes = (...values: number[]) => Uint8Array.from(values);
const random = (size: number) => {
  const made = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(made.subarray(at, at + 65_536));
  return made;
};

test("gives what was put, replaced and deleted, byte for byte", async () => {
  expect(await get("a")).toBe(404);
  expect((await put("a", bytes(0, 255, 128))).status).toBe(200);
  expect(await get("a")).toEqual(bytes(0, 255, 128));
  await put("a", bytes(1));
  expect(await get("a")).toEqual(bytes(1));
  expect((await call("DELETE", { key: "a" })).status).toBe(200);
  expect(await get("a")).toBe(404);
  expect((await call("DELETE", { key: "a" })).status).toBe(200);
});

test("tells keys apart, whatever they hold", async () => {
  const keys = ["a/b", "a%2Fb", "a b", "a+b", "ä", "?urlencoded=true", "..a", "%", "__proto__", "k".repeat(512)];
  for (const [at, key] of keys.entries()) expect((await put(key, bytes(at))).status).toBe(200);
  for (const [at, key] of keys.entries()) expect(await get(key)).toEqual(bytes(at));
});

test("takes what an envelope may weigh, and refuses what is larger", async () => {
  const largest = random(2 * 1024 * 1024);
  expect((await put("large", largest)).status).toBe(200);
  expect(await get("large")).toEqual(largest);
  const refused = await put("larger", random(2 * 1024 * 1024 + 1));
  expect([refused.status, await refused.text()]).toEqual([500, expect.stringContaining("413")]);
  expect(await get("larger")).toBe(404);
  expect(await get("large")).toEqual(largest);
});

test("refuses a time to live that KV refuses, and what it does not serve", async () => {
  expect(await (await put("short", bytes(1), "59")).text()).toContain("400");
  expect(await get("short")).toBe(404);
  expect((await put("without end", bytes(1), "")).status).toBe(500);
  expect((await call("POST", {})).status).toBe(500);
});

test("keeps what it was told over a kill -9", async () => {
  const value = random(20_000);
  await Promise.all(Array.from({ length: 50 }, (_, at) => put(`kept-${at}`, bytes(at))));
  await put("kept", value);
  await worker.kill();
  worker = await startWorker(folder);
  expect(await get("kept")).toEqual(value);
  for (const at of [0, 25, 49]) expect(await get(`kept-${at}`)).toEqual(bytes(at));
});
