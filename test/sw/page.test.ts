import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { replaceFetch, wrapFetch } from "../../sw/fetch-wrapper.ts";
import { listenToWorkers } from "../../sw/page-calls.ts";
import { resolveSettings } from "../../sw/settings.ts";
import { CHAT, PAGE } from "./rig.ts";

/** A page under a worker: what it sent and posted, and the worker's messages to it. */
function createPage({ answer = (): Response | Promise<Response> => Response.json({}), controlled = true } = {}) {
  const sent: Request[] = [];
  const passed: unknown[] = [];
  const posted: { type: string; id: string }[] = [];
  const inPage: Request[] = [];
  const container = Object.assign(new EventTarget(), { startMessages: () => undefined });
  const onSession = vi.fn();
  listenToWorkers(container as unknown as ServiceWorkerContainer, onSession);
  const page = {
    sent,
    passed,
    posted,
    inPage,
    onSession,
    say: (data: unknown, ports: MessagePort[] = []) =>
      container.dispatchEvent(Object.assign(new Event("message"), { data, ports })),
    fetch: wrapFetch({
      settings: resolveSettings({}, PAGE),
      async native(input, init) {
        if ((input instanceof Request ? input.url : String(input)) !== CHAT) {
          passed.push([input, init]);
          return new Response("plain");
        }
        sent.push(new Request(input, init));
        return answer();
      },
      worker: () => (controlled ? worker : undefined),
      async inPage(request) {
        inPage.push(request);
        return Response.json({});
      },
    }),
  };
  const worker = {
    postMessage(message: { type: string; id: string }) {
      posted.push(message);
    },
  } as unknown as ServiceWorker;
  return page;
}

const post = (extra: RequestInit = {}): RequestInit => ({ method: "POST", body: "{}", ...extra });
const idOf = (request: Request | undefined) => request?.headers.get("x-mintgate-request") ?? "";

beforeEach(() => {
  vi.stubGlobal("location", { href: PAGE });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the page's fetch", () => {
  test("hands what is not covered to the browser as it is", async () => {
    const page = createPage();
    const init = { method: "POST", headers: { authorization: "Bearer x" } };
    expect(await (await page.fetch("/api/x?y", init)).text()).toBe("plain");
    const [[input, given]] = page.passed as [[unknown, unknown]];
    expect(input).toBe("/api/x?y");
    expect(given).toBe(init);
    await page.fetch("https://[broken", init);
    expect(page.passed).toHaveLength(2);
  });

  test("names a covered request, and takes the app's key off it", async () => {
    const page = createPage();
    await page.fetch(CHAT, post({ headers: { authorization: "Bearer sk-page", "x-bt-use-cache": "never" } }));
    await page.fetch(new URL(CHAT), post());
    await page.fetch(new Request(CHAT, post()));
    const [first, second, third] = page.sent;
    expect(new Set([idOf(first), idOf(second), idOf(third)]).size).toBe(3);
    expect(first?.headers.has("authorization")).toBe(false);
    expect(first?.headers.get("x-bt-use-cache")).toBe("never");
    expect(await first?.text()).toBe("{}");
  });

  test("changes nothing else about it, and nothing about what the app holds", async () => {
    const page = createPage();
    const given = new Request(CHAT, post({ headers: { "idempotency-key": "k" }, mode: "same-origin" }));
    await page.fetch(given, { headers: { "x-bt-use-cache": "always" }, credentials: "omit" });
    const [sent] = page.sent;
    expect(Object.fromEntries(sent?.headers ?? [])).toMatchObject({ "x-bt-use-cache": "always" });
    expect(sent?.headers.has("idempotency-key")).toBe(false);
    expect([sent?.method, sent?.mode, sent?.credentials]).toEqual(["POST", "same-origin", "omit"]);
    expect(given.headers.has("x-mintgate-request")).toBe(false);
    const init = { ...post(), headers: { authorization: "Bearer sk-page" } };
    await page.fetch(CHAT, init);
    expect(init.headers).toEqual({ authorization: "Bearer sk-page" });
  });

  test("keeps the name that the app gave", async () => {
    const page = createPage();
    await page.fetch(CHAT, post({ headers: { "x-mintgate-request": "mine" } }));
    expect(idOf(page.sent[0])).toBe("mine");
  });

  test("sends nothing with keep-alive, which Firefox would send past the worker", async () => {
    const page = createPage();
    await page.fetch(CHAT, post({ keepalive: true }));
    expect(page.sent[0]?.keepalive).toBe(false);
  });

  test("answers in the page where no worker of ours is in control", async () => {
    const page = createPage({ controlled: false });
    await page.fetch(CHAT, post());
    expect([page.sent.length, page.inPage.length]).toEqual([0, 1]);
    expect(page.inPage[0]?.headers.has("x-mintgate-request")).toBe(false);
  });

  test("tells the worker at once when the caller gives up before the answer", async () => {
    const { promise: never } = Promise.withResolvers<Response>();
    const page = createPage({ answer: () => never });
    for (const [count, ask] of [
      (signal: AbortSignal) => page.fetch(CHAT, post({ signal })),
      (signal: AbortSignal) => page.fetch(new Request(CHAT, post({ signal }))),
      (signal: AbortSignal) => page.fetch(new Request(CHAT, post()), { signal }),
    ].entries()) {
      const abort = new AbortController();
      void ask(abort.signal);
      await vi.waitFor(() => expect(page.sent).toHaveLength(count + 1));
      abort.abort();
      const id = idOf(page.sent[count]);
      expect(page.posted.slice(count)).toEqual([{ type: "mintgate:cancel", id }]);
      page.say({ type: "mintgate:done", id });
    }
  });

  test("does not listen to a signal that the app took off its request", async () => {
    const page = createPage();
    const abort = new AbortController();
    await page.fetch(new Request(CHAT, post({ signal: abort.signal })), { signal: null });
    abort.abort();
    expect(page.posted).toEqual([]);
    page.say({ type: "mintgate:done", id: idOf(page.sent[0]) });
  });

  test("rejects as the browser's own does", async () => {
    const page = createPage({ answer: () => Promise.reject(new TypeError("network error")) });
    await expect(page.fetch(CHAT, post())).rejects.toThrow("network error");
    await expect(page.fetch(CHAT, { method: "GET", body: "x" })).rejects.toThrow(TypeError);
  });

  test("pings the worker every 15 s until it says that it is done", async () => {
    vi.useFakeTimers();
    const page = createPage();
    await page.fetch(CHAT, post());
    const id = idOf(page.sent[0]);
    vi.advanceTimersByTime(45_000);
    expect(page.posted).toEqual(Array(3).fill({ type: "mintgate:ping", id }));
    page.say({ type: "mintgate:done", id: "another" });
    vi.advanceTimersByTime(15_000);
    expect(page.posted).toHaveLength(4);
    page.say({ type: "mintgate:done", id });
    vi.advanceTimersByTime(60_000);
    expect(page.posted).toHaveLength(4);
  });

  test("stops pinging for a request that the worker does not know any more", async () => {
    vi.useFakeTimers();
    const page = createPage();
    await page.fetch(CHAT, post());
    page.say({ type: "mintgate:unknown", id: idOf(page.sent[0]) });
    vi.advanceTimersByTime(60_000);
    expect(page.posted).toEqual([]);
  });

  test("hands the worker's question for the ID token on", () => {
    const page = createPage();
    const { port1, port2 } = new MessageChannel();
    page.say({ type: "mintgate:session" }, [port1]);
    expect(page.onSession).toHaveBeenCalledExactlyOnceWith(port1);
    port1.close();
    port2.close();
  });
});

describe("replacing fetch", () => {
  test("can be undone, also under another library's wrapper", async () => {
    const before = vi.fn(async () => new Response("before"));
    vi.stubGlobal("fetch", before);
    const undo = replaceFetch(async () => new Response("ours"));
    const ours = globalThis.fetch;
    globalThis.fetch = (input, init) => ours(input, init);
    expect(await (await fetch("https://x.example")).text()).toBe("ours");
    undo();
    expect(await (await fetch("https://x.example")).text()).toBe("before");
    globalThis.fetch = before;
    const undoAgain = replaceFetch(async () => new Response("ours"));
    undoAgain();
    expect(globalThis.fetch).toBe(before);
  });
});
