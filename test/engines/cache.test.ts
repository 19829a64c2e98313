import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { type BrowserRig, reload, startBrowserRig } from "../support/browser-rig.ts";
import type { Tab } from "../support/engines/engine.ts";
import { chat, OTHER_SCHEMAS } from "../support/work.ts";
import { COVERS } from "./covers.ts";
import { damageEntries, dumpDatabases } from "./stored.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig({ engine: inject("engine") });
});
afterAll(() => rig.stop());

const ALWAYS = { [HEADER.useCache]: "always" };

interface Asking {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks from the page, and reads the answer to its end. */
function ask(tab: Tab, body: object, { path = "chat/completions", headers = {} }: Asking = {}) {
  return tab.evaluate(
    async (init) => {
      const answer = await fetch(init.url, { method: "POST", headers: init.headers, body: init.body });
      const text = await answer.text();
      return { status: answer.status, text, headers: Object.fromEntries(answer.headers) };
    },
    {
      url: path.startsWith("chat") ? `https://api.openai.com/v1/${path}` : `/v1/proxy/${path}`,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    },
  );
}

/** Asks until the answer comes from the browser: on a busy machine a look may take longer than a request waits for it. */
async function askKept(tab: Tab, body: object, asking: Asking = {}) {
  let answer = await ask(tab, body, asking);
  for (let tries = 0; tries < 20 && answer.headers[HEADER.source] !== "browser-cache"; tries++) {
    answer = await ask(tab, body, asking);
  }
  return answer;
}

/** Waits until so many answers are kept. */
async function kept(tab: Tab, count: number): Promise<void> {
  const counted = () => tab.evaluate(async () => (await app.cacheInfo()).entries.length);
  await expect.poll(counted, { timeout: 20_000 }).toBe(count);
}

const google = OTHER_SCHEMAS.find(({ path }) => path.startsWith("google/v1beta"))?.fields ?? {};
const messages = OTHER_SCHEMAS.find(({ path }) => path.startsWith("anthropic"))?.fields ?? {};

/** Each schema, and each way in which a stream says that it is complete. */
const KINDS: readonly { readonly path: string; readonly fields: object }[] = [
  { path: "chat/completions", fields: chat({ events: 30 }, { stream: true }) },
  { path: "completions", fields: { model: "gpt-3.5-turbo-instruct", prompt: "Say", stream: true } },
  { path: "responses", fields: { model: "gpt-5", input: "Say something.", stream: true } },
  { path: "anthropic/v1/messages", fields: { ...messages, stream: true } },
  { path: "google/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", fields: google },
  { path: "google/v1beta/models/gpt-4o:generateContent", fields: google },
  { path: "embeddings", fields: { model: "text-embedding-3-small", input: ["a", "b"] } },
  { path: "moderations", fields: { model: "omni-moderation-latest", input: "a" } },
];

const question = (fields: object = {}) => chat({}, { temperature: 0, user: crypto.randomUUID(), ...fields });

describe.each(COVERS)("through $by", ({ options }) => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await rig.open(options);
  });
  beforeEach(async () => {
    await tab.evaluate(() => app.clearCache());
  });

  test("the same request again makes no network request at all", async () => {
    const body = question();
    const first = await ask(tab, body);
    expect(first.headers[HEADER.cached]).not.toBe("HIT");
    await kept(tab, 1);
    const [sent, calls] = [rig.recorder.sent().length, rig.standIn.requests.length];
    const again = await ask(tab, body);
    expect(again.headers).toMatchObject({ [HEADER.cached]: "HIT", [HEADER.source]: "browser-cache" });
    expect(again.headers.age).toMatch(/^\d+$/);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect([rig.recorder.sent().length, rig.standIn.requests.length]).toEqual([sent, calls]);
  });

  test("an answer of each kind is given again byte for byte", async () => {
    for (const [at, { path, fields }] of KINDS.entries()) {
      const first = await ask(tab, fields, { path, headers: ALWAYS });
      expect([path, first.status]).toEqual([path, 200]);
      await kept(tab, at + 1);
      const again = await askKept(tab, fields, { path, headers: ALWAYS });
      expect([path, again.headers[HEADER.source]]).toEqual([path, "browser-cache"]);
      expect(again.text).toBe(first.text);
      expect(again.headers["content-type"]).toBe(first.headers["content-type"]);
    }
  });

  test("a stream that was cut is not kept", async () => {
    const body = chat({ events: 20, cutAfterEvents: 5, cut: "fin" }, { stream: true, temperature: 0 });
    expect((await ask(tab, body)).text).toContain("stream_truncated");
    await ask(tab, question());
    await kept(tab, 1);
    expect((await ask(tab, body)).headers[HEADER.source]).not.toBe("browser-cache");
  });

  test("each order to the cache is heard", async () => {
    const body = question();
    const source = async (headers: Record<string, string>, asking = ask) => {
      const answer = await asking(tab, body, { headers });
      expect(answer.status).toBe(200);
      return answer.headers[HEADER.source] ?? "none";
    };
    for (const headers of [{ [HEADER.useCache]: "never" }, { "cache-control": "no-store" }]) await source(headers);
    await ask(tab, body, { headers: { [HEADER.cacheTtl]: "1" } });
    await kept(tab, 1);
    // Of its own accord, within the second.
    await kept(tab, 0);
    await source({});
    await kept(tab, 1);
    expect(await source({}, askKept)).toBe("browser-cache");
    expect(await source({ "cache-control": "max-age=600" }, askKept)).toBe("browser-cache");
    for (const headers of [
      { "cache-control": "no-cache" },
      { [HEADER.useCache]: "never" },
      { "cache-control": "no-store" },
    ]) {
      expect(await source(headers)).not.toBe("browser-cache");
    }
  });

  test("signing out shreds what is kept, and the next user asks anew", async () => {
    const body = question();
    await ask(tab, body);
    await kept(tab, 1);
    await tab.evaluate(() => app.signOut());
    expect((await tab.evaluate(() => app.cacheInfo())).entries).toEqual([]);
    expect(await tab.evaluate(dumpDatabases)).not.toContain("mintgate-cache/keys:");
    expect((await ask(tab, body)).headers[HEADER.source]).not.toBe("browser-cache");
  });

  test("another user's credential shreds what is kept", async () => {
    const body = question();
    await ask(tab, body);
    await kept(tab, 1);
    await becomeAnother(tab);
    await ask(tab, question({ temperature: 1 }));
    await kept(tab, 0);
    expect((await ask(tab, body)).headers[HEADER.source]).not.toBe("browser-cache");
  });

  test("what is kept outlives a restart, and a damaged record is a miss", async () => {
    const body = question();
    const first = await ask(tab, body);
    await kept(tab, 1);
    await restart(tab);
    const again = await askKept(tab, body);
    expect([again.headers[HEADER.source], again.text]).toEqual(["browser-cache", first.text]);
    await tab.evaluate(damageEntries);
    await restart(tab);
    const damaged = await ask(tab, body);
    expect([damaged.headers[HEADER.source] === "browser-cache", damaged.text]).toEqual([false, first.text]);
  });

  test("nothing that is stored can be read", async () => {
    const canary = `canary-${crypto.randomUUID()}`;
    const body = chat({ text: `${canary} in the answer` }, { temperature: 0, user: canary, stream: true });
    expect((await ask(tab, body)).text).toContain("in");
    await ask(tab, chat({ text: canary }, { temperature: 0, user: canary }));
    await kept(tab, 2);
    const dump = await tab.evaluate(dumpDatabases);
    expect(dump).toContain("mintgate-cache/keys:");
    expect(dump).toContain("mintgate-cache/bytes:");
    for (const readable of [canary, "canary", "gpt-4o", "chat/completions", "127.0.0.1", "Bearer", "eyJ"]) {
      expect(dump).not.toContain(readable);
    }
  });

  test("a recorded stream is replayed as it came where that is asked for, and can be stopped", async () => {
    const body = chat({ events: 10, everyMs: 60 }, { stream: true, temperature: 0, user: crypto.randomUUID() });
    const first = await ask(tab, body);
    await kept(tab, 1);
    const headers = { [HEADER.replay]: "recorded" };
    const replayed = await tab.evaluate(readInPieces, { body, headers });
    expect([replayed.source, replayed.text]).toEqual(["browser-cache", first.text]);
    expect(replayed.pieces).toBeGreaterThan(3);
    expect(replayed.tookMs).toBeGreaterThan(400);
    const stopped = await tab.evaluate(readInPieces, { body, headers, stopAfter: 2 });
    expect(stopped.stopped).toMatch(/AbortError/);
    expect(stopped.text.length).toBeLessThan(first.text.length);
  });

  test("another version's database fails no request", async () => {
    // WebKit leaves the connection of a worker open that was unregistered, so not where others were.
    const own = await rig.open(options);
    await ask(own, question());
    await kept(own, 1);
    // Resolves only if the open connection makes way for it.
    await own.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open("mintgate-cache", 2);
          opening.onsuccess = () => {
            opening.result.close();
            resolve();
          };
          opening.onerror = () => reject(opening.error);
        }),
    );
    const body = question();
    expect((await ask(own, body)).status).toBe(200);
    expect((await ask(own, body)).status).toBe(200);
  });
});

/** In the page: reads a stream piece by piece. */
async function readInPieces(
  this: void,
  { body, headers, stopAfter }: { body: object; headers: Record<string, string>; stopAfter?: number },
) {
  const abort = new AbortController();
  const startedMs = performance.now();
  const answer = await fetch("/v1/proxy/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  const decoder = new TextDecoder();
  const reader = answer.body?.getReader();
  let text = "";
  let stopped = "";
  let pieces = 0;
  try {
    for (;;) {
      const { value } = (await reader?.read()) ?? {};
      if (!value) break;
      text += decoder.decode(value, { stream: true });
      if (++pieces === stopAfter) abort.abort();
    }
  } catch (error) {
    stopped = String(error);
  }
  return {
    text,
    pieces,
    stopped,
    source: answer.headers.get("x-mintgate-source"),
    tookMs: performance.now() - startedMs,
  };
}

/** Loads the page anew, with a new worker: what was in memory is gone. */
async function restart(tab: Tab, options?: { readonly cache: { readonly maxBytes: number } }): Promise<void> {
  await tab.evaluate(async () => void (await (await navigator.serviceWorker?.getRegistration())?.unregister()));
  await reload(tab, { register: options === undefined });
  if (options) await tab.evaluate(async (given) => void (await app.register(given)), options);
  // The first look at a database may take longer than a request waits for it.
  await tab.evaluate(() => app.cacheInfo());
}

/** Another key is another anonymous user. */
async function becomeAnother(tab: Tab): Promise<void> {
  await tab.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase("mintgate");
        deleting.onsuccess = () => resolve();
        deleting.onerror = () => reject(deleting.error);
      }),
  );
  await restart(tab);
}

test("tabs without a worker share what is kept, and its end", async () => {
  const one = await rig.open({ withoutWorkers: true });
  const other = await rig.open({ profile: one.profile, withoutWorkers: true });
  const body = question();
  const first = await ask(one, body);
  await kept(one, 1);
  const again = await askKept(other, body);
  expect([again.headers[HEADER.source], again.text]).toEqual(["browser-cache", first.text]);
  await other.evaluate(() => app.clearCache());
  await kept(one, 0);
  expect((await ask(one, body)).headers[HEADER.source]).not.toBe("browser-cache");
});

test("a browser without IndexedDB keeps answers in memory", async () => {
  const tab = await rig.open({ withoutWorkers: true, withoutIndexedDB: true });
  const body = question();
  await ask(tab, body);
  await kept(tab, 1);
  expect((await ask(tab, body)).headers[HEADER.source]).toBe("browser-cache");
});

test("an app may keep less, or nothing", async () => {
  const tab = await rig.open({ register: false });
  await tab.evaluate(async () => void (await app.register({ cache: false })));
  const body = question();
  for (let at = 0; at < 2; at++) expect((await ask(tab, body)).headers[HEADER.source]).not.toBe("browser-cache");
  expect(await tab.evaluate(() => app.cacheInfo())).toEqual({ entries: [], sizeBytes: 0, maxBytes: 0 });
});

test("what is kept stays within the app's budget, and what was used last is there", async () => {
  const tab = await rig.open({ register: false });
  const cache = { maxBytes: 48_000 };
  await tab.evaluate(async (given) => void (await app.register({ cache: given })), cache);
  const long = () => chat({ text: "x".repeat(4_000) }, { temperature: 0, user: crypto.randomUUID() });
  const first = long();
  await ask(tab, first);
  await kept(tab, 1);
  let last = first;
  for (let at = 0; at < 20; at++) {
    last = long();
    await ask(tab, last);
  }
  const { entries, sizeBytes } = await tab.evaluate(() => app.cacheInfo());
  expect(sizeBytes).toBeLessThanOrEqual(cache.maxBytes);
  expect(entries.length).toBeGreaterThan(5);
  await restart(tab, { cache });
  expect((await askKept(tab, last)).headers[HEADER.source]).toBe("browser-cache");
  expect((await ask(tab, first)).headers[HEADER.source]).not.toBe("browser-cache");
});

test("a request that cannot be kept is sent with no order to the edge's cache", async () => {
  const tab = await rig.open();
  const before = rig.recorder.sent().length;
  await ask(tab, chat());
  const sent = rig.recorder.sent().slice(before);
  expect(sent).toContain("POST /v1/proxy/chat/completions");
  expect(sent.toLowerCase()).not.toContain("no-cache");
});
