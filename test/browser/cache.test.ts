import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import type { WatchedPage } from "../support/browser.ts";
import { type BrowserRig, goTo, type OpenOptions, startBrowserRig } from "../support/browser-rig.ts";
import { chat, OTHER_SCHEMAS } from "../support/work.ts";
import { damageEntries, dumpDatabases, restartWorker } from "./stored.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

const COVERS: readonly { readonly by: string; readonly options: OpenOptions }[] = [
  { by: "the worker", options: {} },
  { by: "the page itself", options: { withoutWorkers: true } },
];

const ALWAYS = { [HEADER.useCache]: "always" };

interface Asking {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks from the page, and reads the answer to its end. */
function ask({ page }: WatchedPage, body: object, { path = "chat/completions", headers = {} }: Asking = {}) {
  return page.evaluate(
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

/** Waits until so many answers are kept. */
async function kept({ page }: WatchedPage, count: number): Promise<void> {
  const counted = () => page.evaluate(async () => (await app.cacheInfo()).entries.length);
  await expect.poll(counted, { timeout: 20_000 }).toBe(count);
}

async function open(options: OpenOptions = {}): Promise<WatchedPage> {
  const watched = await rig.open(options);
  onTestFinished(watched.close);
  return watched;
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
  test("the same request again makes no network request at all", async () => {
    const page = await open(options);
    const body = question();
    const first = await ask(page, body);
    expect(first.headers[HEADER.cached]).not.toBe("HIT");
    await kept(page, 1);
    const [sent, calls] = [rig.recorder.sent().length, rig.standIn.requests.length];
    const again = await ask(page, body);
    expect(again.headers).toMatchObject({ [HEADER.cached]: "HIT", [HEADER.source]: "browser-cache" });
    expect(again.headers.age).toMatch(/^\d+$/);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect([rig.recorder.sent().length, rig.standIn.requests.length]).toEqual([sent, calls]);
  });

  test("an answer of each kind is given again byte for byte", async () => {
    const page = await open(options);
    for (const [at, { path, fields }] of KINDS.entries()) {
      const first = await ask(page, fields, { path, headers: ALWAYS });
      expect([path, first.status]).toEqual([path, 200]);
      await kept(page, at + 1);
      const again = await ask(page, fields, { path, headers: ALWAYS });
      expect([path, again.headers[HEADER.source]]).toEqual([path, "browser-cache"]);
      expect(again.text).toBe(first.text);
      expect(again.headers["content-type"]).toBe(first.headers["content-type"]);
    }
  });

  test("a stream that was cut is not kept", async () => {
    const page = await open(options);
    const body = chat({ events: 20, cutAfterEvents: 5, cut: "fin" }, { stream: true, temperature: 0 });
    expect((await ask(page, body)).text).toContain("stream_truncated");
    await ask(page, question());
    await kept(page, 1);
    expect((await ask(page, body)).headers[HEADER.source]).not.toBe("browser-cache");
  });

  test("each order to the cache is heard", async () => {
    const page = await open(options);
    const body = question();
    const source = async (headers: Record<string, string>) => {
      const answer = await ask(page, body, { headers });
      expect(answer.status).toBe(200);
      return answer.headers[HEADER.source] ?? "none";
    };
    for (const headers of [{ [HEADER.useCache]: "never" }, { "cache-control": "no-store" }]) await source(headers);
    await ask(page, body, { headers: { [HEADER.cacheTtl]: "1" } });
    await kept(page, 1);
    // Of its own accord, within the second.
    await kept(page, 0);
    await source({});
    await kept(page, 1);
    expect(await source({})).toBe("browser-cache");
    expect(await source({ "cache-control": "max-age=600" })).toBe("browser-cache");
    for (const headers of [
      { "cache-control": "no-cache" },
      { [HEADER.useCache]: "never" },
      { "cache-control": "no-store" },
    ]) {
      expect(await source(headers)).not.toBe("browser-cache");
    }
  });

  test("signing out shreds what is kept, and the next user asks anew", async () => {
    const page = await open(options);
    const body = question();
    await ask(page, body);
    await kept(page, 1);
    await page.page.evaluate(() => app.signOut());
    expect((await page.page.evaluate(() => app.cacheInfo())).entries).toEqual([]);
    expect(await page.page.evaluate(dumpDatabases)).not.toContain("mintgate-cache/keys:");
    expect((await ask(page, body)).headers[HEADER.source]).not.toBe("browser-cache");
  });

  test("another user's credential shreds what is kept", async () => {
    const page = await open(options);
    const body = question();
    await ask(page, body);
    await kept(page, 1);
    await becomeAnother(page);
    await ask(page, question({ temperature: 1 }));
    await kept(page, 0);
    expect((await ask(page, body)).headers[HEADER.source]).not.toBe("browser-cache");
  });

  test("what is kept outlives a restart, and a damaged record is a miss", async () => {
    const page = await open(options);
    const body = question();
    const first = await ask(page, body);
    await kept(page, 1);
    await restart(page);
    const again = await ask(page, body);
    expect([again.headers[HEADER.source], again.text]).toEqual(["browser-cache", first.text]);
    await page.page.evaluate(damageEntries);
    await restart(page);
    const damaged = await ask(page, body);
    expect([damaged.headers[HEADER.source] === "browser-cache", damaged.text]).toEqual([false, first.text]);
  });

  test("nothing that is stored can be read", async () => {
    const page = await open(options);
    const canary = `canary-${crypto.randomUUID()}`;
    const body = chat({ text: `${canary} in the answer` }, { temperature: 0, user: canary, stream: true });
    expect((await ask(page, body)).text).toContain("in");
    await ask(page, chat({ text: canary }, { temperature: 0, user: canary }));
    await kept(page, 2);
    const dump = await page.page.evaluate(dumpDatabases);
    expect(dump).toContain("mintgate-cache/keys:");
    expect(dump).toContain("mintgate-cache/bytes:");
    for (const readable of [canary, "canary", "gpt-4o", "chat/completions", "127.0.0.1", "Bearer", "eyJ"]) {
      expect(dump).not.toContain(readable);
    }
  });

  test("a full disk fails no request", async () => {
    // Before anything is stored: Chromium remembers for a while how much room there was.
    const page = await open({ ...options, register: false });
    const devTools = await page.context.newCDPSession(page.page);
    await devTools.send("Storage.overrideQuotaForOrigin", { origin: rig.recorder.url, quotaSize: 400_000 });
    await page.page.evaluate(() => app.register());
    for (let at = 0; at < 12; at++) {
      const answer = await ask(page, chat({ text: "x".repeat(60_000) }, { temperature: 0, user: crypto.randomUUID() }));
      expect([answer.status, answer.text.length > 60_000]).toEqual([200, true]);
    }
    // The newest are kept in place of others, which shows that the disk was full.
    const { entries, sizeBytes } = await page.page.evaluate(() => app.cacheInfo());
    expect(sizeBytes).toBeLessThan(500_000);
    expect(entries.length).toBeGreaterThan(0);
  });

  test("another version's database fails no request", async () => {
    const page = await open(options);
    await ask(page, question());
    await kept(page, 1);
    // Resolves only if the open connection makes way for it.
    await page.page.evaluate(
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
    expect((await ask(page, body)).status).toBe(200);
    expect((await ask(page, body)).status).toBe(200);
  });

  test("a recorded stream is replayed as it came where that is asked for, and can be stopped", async () => {
    const page = await open(options);
    const body = chat({ events: 10, everyMs: 60 }, { stream: true, temperature: 0, user: crypto.randomUUID() });
    const first = await ask(page, body);
    await kept(page, 1);
    const headers = { [HEADER.replay]: "recorded" };
    const replayed = await page.page.evaluate(readInPieces, { body, headers });
    expect([replayed.source, replayed.text]).toEqual(["browser-cache", first.text]);
    expect(replayed.pieces).toBeGreaterThan(3);
    expect(replayed.tookMs).toBeGreaterThan(400);
    const stopped = await page.page.evaluate(readInPieces, { body, headers, stopAfter: 2 });
    expect(stopped.stopped).toMatch(/AbortError/);
    expect(stopped.text.length).toBeLessThan(first.text.length);
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

/** Stops the worker, or loads the page anew: what was in memory is gone. */
async function restart(watched: WatchedPage): Promise<void> {
  if (await watched.page.evaluate(() => navigator.serviceWorker?.controller != null)) await restartWorker(watched);
  else {
    await goTo(watched.page, rig.recorder.url);
    await watched.page.evaluate(() => void app.register());
  }
  // The first look at a database may take longer than a request waits for it.
  await watched.page.evaluate(() => app.cacheInfo());
}

/** Another key is another anonymous user. */
async function becomeAnother(watched: WatchedPage): Promise<void> {
  await watched.page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase("mintgate");
        deleting.onsuccess = resolve;
        deleting.onerror = reject;
      }),
  );
  await restart(watched);
}

test("tabs without a worker share what is kept, and its end", async () => {
  const one = await open({ withoutWorkers: true });
  const other = await open({ beside: one, withoutWorkers: false });
  const body = question();
  const first = await ask(one, body);
  await kept(one, 1);
  const again = await ask(other, body);
  expect([again.headers[HEADER.source], again.text]).toEqual(["browser-cache", first.text]);
  await other.page.evaluate(() => app.clearCache());
  await kept(one, 0);
  expect((await ask(one, body)).headers[HEADER.source]).not.toBe("browser-cache");
});

test("a browser without IndexedDB keeps answers in memory", async () => {
  const watched = await rig.open({ register: false, withoutWorkers: true });
  onTestFinished(watched.close);
  await watched.page.addInitScript(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
  await goTo(watched.page, rig.recorder.url);
  await watched.page.evaluate(() => void app.register());
  const body = question();
  await ask(watched, body);
  await kept(watched, 1);
  expect((await ask(watched, body)).headers[HEADER.source]).toBe("browser-cache");
});

test("an app may keep less, or nothing", async () => {
  const watched = await rig.open({ register: false });
  onTestFinished(watched.close);
  await watched.page.evaluate(() => app.register({ cache: false }));
  const body = question();
  for (let at = 0; at < 2; at++) expect((await ask(watched, body)).headers[HEADER.source]).not.toBe("browser-cache");
  expect(await watched.page.evaluate(() => app.cacheInfo())).toEqual({ entries: [], sizeBytes: 0, maxBytes: 0 });
});

test("what is kept stays within the app's budget, and what was used last is there", async () => {
  const watched = await rig.open({ register: false });
  onTestFinished(watched.close);
  const maxBytes = 48_000;
  await watched.page.evaluate((most) => app.register({ cache: { maxBytes: most } }), maxBytes);
  const long = () => chat({ text: "x".repeat(4_000) }, { temperature: 0, user: crypto.randomUUID() });
  const first = long();
  await ask(watched, first);
  await kept(watched, 1);
  let last = first;
  for (let at = 0; at < 20; at++) {
    last = long();
    await ask(watched, last);
  }
  const { entries, sizeBytes } = await watched.page.evaluate(() => app.cacheInfo());
  expect(sizeBytes).toBeLessThanOrEqual(maxBytes);
  expect(entries.length).toBeGreaterThan(5);
  await restart(watched);
  expect((await ask(watched, last)).headers[HEADER.source]).toBe("browser-cache");
  expect((await ask(watched, first)).headers[HEADER.source]).not.toBe("browser-cache");
});

test("a request that cannot be kept is sent with no order to the edge's cache", async () => {
  const watched = await open();
  const before = rig.recorder.sent().length;
  await ask(watched, chat());
  const sent = rig.recorder.sent().slice(before);
  expect(sent).toContain("POST /v1/proxy/chat/completions");
  expect(sent.toLowerCase()).not.toContain("no-cache");
});
