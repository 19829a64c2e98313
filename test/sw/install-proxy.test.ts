import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { installProxy } from "../../sw/index.ts";
import type { WorkerClient, WorkerFetchEvent, WorkerMessageEvent, WorkerScope } from "../../sw/worker-scope.ts";
import { createFakeMintServer, type FakeMintServer } from "./fake-mint-server.ts";
import { CHAT, eventStream } from "./rig.ts";

type Listener = (event: never) => void;

/** A Service Worker's global scope, its events dispatched by hand. */
function createScope(scriptURL = "https://app.example/mintgate-sw.js") {
  const listeners = new Map<string, Listener[]>();
  const pages = new Map<string, WorkerClient>();
  const posted: unknown[] = [];
  const scope: WorkerScope = {
    location: { href: scriptURL },
    registration: { scope: "https://app.example/" },
    clients: {
      get: async (id) => pages.get(id),
      matchAll: async () => [...pages.values()],
      claim: async () => undefined,
    },
    skipWaiting: async () => undefined,
    addEventListener: (type, listener) =>
      void listeners.set(type, [...(listeners.get(type) ?? []), listener as Listener]),
  };
  const dispatch = (type: string, event: unknown) => {
    for (const listener of listeners.get(type) ?? []) listener(event as never);
  };
  const openPage = (
    id: string,
    onMessage?: (message: unknown, port: MessagePort) => void,
    url = "https://app.example/chat",
  ) =>
    pages.set(id, {
      id,
      type: "window",
      url,
      postMessage(message, [port]) {
        posted.push(message);
        onMessage?.(message, port as MessagePort);
      },
    });
  const request = (init: RequestInit & { url?: string; clientId?: string } = {}) => {
    const { url = CHAT, clientId = "page", ...rest } = init;
    let answer: Promise<Response> | undefined;
    const waiting: Promise<unknown>[] = [];
    const event: WorkerFetchEvent = {
      request: new Request(url, { method: "POST", body: "{}", ...rest }),
      clientId,
      respondWith: (given) => {
        answer = given;
      },
      waitUntil: (work) => void waiting.push(work),
    };
    dispatch("fetch", event);
    return { answer, waiting };
  };
  const navigate = () => {
    const request = Object.defineProperty(new Request("https://app.example/chat"), "mode", { value: "navigate" });
    dispatch("fetch", { request, clientId: "", respondWith: () => undefined, waitUntil: () => undefined });
  };
  const message = (data: unknown, ports: readonly MessagePort[] = []) => {
    const waiting: Promise<unknown>[] = [];
    const source = { postMessage: (reply: unknown) => void posted.push(reply) };
    const event: WorkerMessageEvent = { data, ports, source, waitUntil: (work) => void waiting.push(work) };
    dispatch("message", event);
    return waiting;
  };
  return { scope, openPage, closePage: (id: string) => pages.delete(id), request, navigate, message, posted };
}

let server: FakeMintServer;
beforeEach(() => {
  server = createFakeMintServer();
  vi.stubGlobal("fetch", server.fetch);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("installProxy", () => {
  test("answers what it covers and stays silent about the rest, while the event is dispatched", async () => {
    const worker = createScope();
    installProxy(worker.scope);
    worker.openPage("page");
    expect((await worker.request().answer)?.status).toBe(200);
    for (const url of [
      "https://app.example/api",
      "https://app.example/v1/proxy/credentials/session",
      "https://cdn.example/x.js",
    ]) {
      const { answer, waiting } = worker.request({ url });
      expect([url, answer, waiting]).toEqual([url, undefined, []]);
    }
  });

  test("takes its options from the script's URL, and before those the ones in code", async () => {
    const worker = createScope(
      "https://app.example/mintgate-sw.js?mint=https%3A%2F%2Fmint.example%2Fv1%2Fproxy&org=acme&hosts=0",
    );
    installProxy(worker.scope, { org: "other" });
    server.answer = () => Response.json({});
    expect(worker.request().answer).toBeUndefined();
    const { answer } = worker.request({ url: "https://app.example/v1/proxy/models", method: "GET", body: null });
    await answer;
    expect(server.seen.map(({ url }) => url)).toEqual([
      "https://mint.example/v1/proxy/credentials/session",
      "https://mint.example/v1/proxy/models",
    ]);
    expect(server.seen[0]?.headers.get("x-bt-org-name")).toBe("other");
  });

  test("tells the page when the last byte went out, if the page named its request", async () => {
    const worker = createScope();
    installProxy(worker.scope);
    worker.openPage("page");
    server.answer = () => eventStream(["data: [DONE]\n\n"]);
    const { answer, waiting } = worker.request({ headers: { "x-mintgate-request": "r1" } });
    await (await answer)?.text();
    await Promise.all(waiting);
    expect(worker.posted).toEqual([{ type: "mintgate:done", id: "r1" }]);
    const unnamed = worker.request();
    await (await unnamed.answer)?.text();
    await Promise.all(unnamed.waiting);
    expect(worker.posted).toHaveLength(1);
  });

  test("aborts the request to the mint-server when the page cancels", async () => {
    const worker = createScope();
    installProxy(worker.scope);
    worker.openPage("page");
    const aborted = answerNever();
    const { answer, waiting } = worker.request({ headers: { "x-mintgate-request": "r1" } });
    const failed = expect(answer).rejects.toThrow();
    await aborted.waiting;
    worker.message({ type: "mintgate:cancel", id: "r1" });
    await Promise.all([failed, aborted.done, ...waiting]);
  });

  test("aborts the request to the mint-server when the tab is closed before the answer's headers", async () => {
    const worker = createScope();
    installProxy(worker.scope);
    worker.openPage("page");
    const aborted = answerNever();
    const { answer, waiting } = worker.request();
    const failed = expect(answer).rejects.toThrow();
    await aborted.waiting;
    worker.closePage("page");
    await Promise.all([failed, aborted.done, ...waiting]);
  });

  test("knows a running request when the page asks, and says so if it knows none", async () => {
    const worker = createScope();
    installProxy(worker.scope);
    worker.openPage("page");
    const aborted = answerNever();
    const { answer } = worker.request({ headers: { "x-mintgate-request": "r1" } });
    await aborted.waiting;
    await Promise.all(worker.message({ type: "mintgate:ping", id: "r1" }));
    expect(worker.posted).toEqual([]);
    await Promise.all(worker.message({ type: "mintgate:ping", id: "r2" }));
    expect(worker.posted).toEqual([{ type: "mintgate:unknown", id: "r2" }]);
    worker.message({ type: "mintgate:cancel", id: "r1" });
    await expect(answer).rejects.toThrow();
  });

  test("leaves the app's own messages alone", () => {
    const worker = createScope();
    installProxy(worker.scope);
    expect(worker.message({ type: "SKIP_WAITING" })).toEqual([]);
    expect(worker.posted).toEqual([]);
  });

  test("asks a page for the ID token when it mints", async () => {
    const worker = createScope("https://app.example/mintgate-sw.js?session=1");
    installProxy(worker.scope);
    worker.openPage("page", (_, port) => port?.postMessage({ type: "mintgate:session", idToken: "id-token" }));
    await worker.request().answer;
    expect(server.mints()[0]?.headers.get("authorization")).toBe("Bearer id-token");
  });

  test("signs out and says when it is done", async () => {
    const worker = createScope();
    installProxy(worker.scope);
    worker.openPage("page");
    await worker.request().answer;
    const { port1, port2 } = new MessageChannel();
    const ready = new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
    });
    worker.message({ type: "mintgate:sign-out" }, [port2]);
    expect(await ready).toEqual({ type: "mintgate:ready" });
    port1.close();
    await worker.request().answer;
    const [before, after] = server.mints();
    expect(before?.jkt).not.toBe(after?.jkt);
  });
});

describe("a page that leaves an answer", () => {
  const ask = { headers: { "x-mintgate-request": "r1" } };

  function openScope() {
    const worker = createScope();
    installProxy(worker.scope);
    worker.openPage("page");
    return worker;
  }

  test("stops it at the mint-server, if it says so", async () => {
    const worker = openScope();
    const { waiting: arrived } = answerNever();
    const { answer, waiting } = worker.request(ask);
    answer?.catch(() => undefined);
    await arrived;
    await Promise.all(worker.message({ type: "mintgate:cancel", id: "r1" }));
    // The message keeps the worker alive until the mint-server knows.
    expect(server.stops()).toEqual(["r1"]);
    await Promise.all(waiting);
  });

  test("stops it at the mint-server, if it cancels a stream and stays", async () => {
    const worker = openScope();
    server.answer = () => eventStream(["data: {}\n\n"], "stay");
    const { answer, waiting } = worker.request(ask);
    await (await answer)?.body?.cancel();
    await Promise.all(waiting);
    expect(server.stops()).toEqual(["r1"]);
  });

  test("stops it by closing, within a second", async () => {
    const worker = openScope();
    const { waiting: arrived } = answerNever();
    const { answer, waiting } = worker.request(ask);
    answer?.catch(() => undefined);
    await arrived;
    const closedMs = performance.now();
    worker.closePage("page");
    await Promise.all(waiting);
    expect(server.stops()).toEqual(["r1"]);
    expect(performance.now() - closedMs).toBeLessThan(1_000);
  });

  test.each(["another window", "one that comes back"])("leaves it to %s, which may ask the same", async (which) => {
    const worker = openScope();
    if (which === "another window") worker.openPage("other");
    server.answer = () => eventStream(["data: {}\n\n"], "stay");
    const first = worker.request(ask);
    const { body } = (await first.answer) ?? {};
    worker.closePage("page");
    await body?.cancel();
    if (which === "one that comes back") worker.openPage("other");
    await Promise.all(first.waiting);
    expect(server.stops()).toEqual([]);
    server.answer = () => eventStream(["data: [DONE]\n\n"]);
    const again = worker.request({ clientId: "other", headers: { "x-mintgate-request": "r2" } });
    await (await again.answer)?.text();
    const other = worker.request({ clientId: "other", headers: { "x-mintgate-request": "r3" } });
    await (await other.answer)?.text();
    expect(server.calls().map(({ headers }) => headers.get("idempotency-key"))).toEqual(["r1", "r1", "r3"]);
  });

  test("leaves it to the document that is being loaded", async () => {
    const worker = openScope();
    server.answer = () => eventStream(["data: {}\n\n"], "stay");
    const { answer, waiting } = worker.request(ask);
    const { body } = (await answer) ?? {};
    worker.closePage("page");
    await body?.cancel();
    worker.navigate();
    await Promise.all(waiting);
    expect(server.stops()).toEqual([]);
  });

  test("does not leave it to a page outside the worker's scope", async () => {
    const worker = openScope();
    worker.openPage("elsewhere", undefined, "https://app.example.test/");
    server.answer = () => eventStream(["data: {}\n\n"], "stay");
    const { answer, waiting } = worker.request(ask);
    const { body } = (await answer) ?? {};
    worker.closePage("page");
    await body?.cancel();
    await Promise.all(waiting);
    expect(server.stops()).toEqual(["r1"]);
  });
});

/** Makes the mint-server accept a request and never answer; `done` when it is aborted. */
function answerNever() {
  const waiting = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  server.answer = ({ init }) => {
    waiting.resolve();
    return new Promise((_, reject) => {
      init.signal?.addEventListener("abort", () => {
        done.resolve();
        reject(init.signal?.reason);
      });
    });
  };
  return { waiting: waiting.promise, done: done.promise };
}
