import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { errorEvent } from "../../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import { wrapFetch } from "../../sw/fetch-wrapper.ts";
import { listenToWorkers } from "../../sw/page-calls.ts";
import { resolveSettings } from "../../sw/settings.ts";
import { bodyOf, CHAT, PAGE } from "./rig.ts";

const EVENT = 'data: {"choices":[]}\n\n';
const DONE = "data: [DONE]\n\n";
const WHOLE = `${EVENT}${EVENT}${DONE}`;

type Ending = "end" | "break" | "stay";
type Way = Response | (() => never);

/** A page under a worker whose ways of one request end as `ways` say. */
function createPage(ways: readonly Way[]) {
  const sent: Request[] = [];
  const posted: { type: string; id: string }[] = [];
  const left = [...ways];
  const container = Object.assign(new EventTarget(), { startMessages: () => undefined });
  listenToWorkers(container as unknown as ServiceWorkerContainer, () => undefined);
  const worker = {
    postMessage: (message: { type: string; id: string }) => void posted.push(message),
  } as unknown as ServiceWorker;
  const page = {
    sent,
    posted,
    done: () =>
      container.dispatchEvent(
        Object.assign(new Event("message"), { data: { type: "mintgate:done", id: idOf(sent[0]) }, ports: [] }),
      ),
    fetch: wrapFetch({
      settings: resolveSettings({}, PAGE),
      async native(input, init) {
        init?.signal?.throwIfAborted();
        sent.push(new Request(input, init));
        const way = left.shift();
        if (!way) throw new TypeError("no more ways");
        return way instanceof Response ? way : way();
      },
      worker: () => worker,
      inPage: () => Promise.reject(new Error("not in the page")),
    }),
  };
  return page;
}

/** What the worker gives of an answer from a byte on. */
function part(text: string, ending: Ending, position: number | undefined): Response {
  const headers = {
    "content-type": "text/event-stream",
    ...(position !== undefined && { "x-mintgate-position": `${position}` }),
  };
  return new Response(bodyOf(text === "" ? [] : [text], ending).body, { headers });
}

const lost = (): never => {
  throw new TypeError("Failed to fetch");
};
const post = (extra: RequestInit = {}): RequestInit => ({ method: "POST", body: "{}", ...extra });
const idOf = (request: Request | undefined) => request?.headers.get("x-mintgate-request") ?? "";
const positionsOf = (sent: readonly Request[]) => sent.map(({ headers }) => headers.get("x-mintgate-position"));

beforeEach(() => {
  vi.stubGlobal("location", { href: PAGE });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a stream whose worker was stopped", () => {
  // Firefox ends it as if it were complete.
  test.each(["break", "end"] as const)("goes on in the same response, wherever it is cut (%s)", async (ending) => {
    for (let at = 0; at < WHOLE.length; at++) {
      const start = WHOLE.slice(0, at).lastIndexOf("\n\n") + 2;
      const position = start < 2 ? 0 : start;
      const page = createPage([part(WHOLE.slice(0, at), ending, 0), part(WHOLE.slice(position), "end", position)]);
      const answer = await page.fetch(CHAT, post());
      expect(await answer.text()).toBe(WHOLE);
      expect(positionsOf(page.sent)).toEqual([null, `${position}`]);
      expect(idOf(page.sent[1])).toBe(idOf(page.sent[0]));
      expect(await page.sent[1]?.text()).toBe("{}");
    }
  });

  test("is tried again while the browser is still stopping it", async () => {
    const page = createPage([part(EVENT, "break", 0), lost, lost, part(EVENT + DONE, "end", EVENT.length)]);
    expect(await (await page.fetch(CHAT, post())).text()).toBe(WHOLE);
  });

  test.each([
    ["the rest is gone", Response.json({}, { status: 409 })],
    ["what comes is not the rest", part(WHOLE, "end", 0)],
    ["what comes does not say where it begins", part(WHOLE, "end", undefined)],
  ])("ends in one error event if %s", async (_, next) => {
    const page = createPage([part(EVENT, "break", 0), next]);
    expect(await (await page.fetch(CHAT, post())).text()).toBe(EVENT + errorEvent(TRUNCATED));
    expect(page.sent).toHaveLength(2);
  });

  test.each(["break", "end"] as const)("ends in one error event if it cannot be had again (%s)", async (ending) => {
    const page = createPage([part(EVENT, ending, undefined)]);
    expect(await (await page.fetch(CHAT, post())).text()).toBe(EVENT + errorEvent(TRUNCATED));
    expect(page.sent).toHaveLength(1);
  });

  test("is complete once its events say so, whatever comes then", async () => {
    const page = createPage([part(WHOLE, "break", 0)]);
    expect(await (await page.fetch(CHAT, post())).text()).toBe(WHOLE);
  });

  test("that told of its own failure is left as it is", async () => {
    const failed = `${EVENT}event: error\ndata: {"error":{"message":"overloaded"}}\n\n`;
    const page = createPage([part(failed, "end", 0)]);
    expect(await (await page.fetch(CHAT, post())).text()).toBe(failed);
  });

  test("is not asked for again by a caller who has left", async () => {
    const abort = new AbortController();
    const page = createPage([part(EVENT, "break", 0)]);
    const answer = await page.fetch(CHAT, post({ signal: abort.signal }));
    abort.abort(new DOMException("left", "AbortError"));
    await expect(answer.text()).rejects.toThrow("left");
    expect(page.sent).toHaveLength(1);
    expect(page.posted).toEqual([{ type: "mintgate:cancel", id: idOf(page.sent[0]) }]);
  });
});

describe("a request whose worker was stopped before the answer", () => {
  test("is sent again under its name", async () => {
    const page = createPage([lost, part(WHOLE, "end", 0)]);
    expect(await (await page.fetch(CHAT, post())).text()).toBe(WHOLE);
    expect(idOf(page.sent[1])).toBe(idOf(page.sent[0]));
  });

  test("is sent again from a Request, too, whose body was read", async () => {
    const page = createPage([lost, part(EVENT, "break", 0), part(EVENT + DONE, "end", EVENT.length)]);
    expect(await (await page.fetch(new Request(CHAT, post({ body: "mine" })))).text()).toBe(WHOLE);
    expect(await Promise.all(page.sent.map((request) => request.text()))).toEqual(["mine", "mine", "mine"]);
  });

  test("fails as the browser says if it is refused again", async () => {
    const page = createPage([lost, lost]);
    await expect(page.fetch(CHAT, post())).rejects.toThrow("Failed to fetch");
    expect(page.sent).toHaveLength(2);
  });
});

describe("a stream's end", () => {
  test("by its reader is told to the worker, before the stream's own", async () => {
    const source = bodyOf([EVENT], "stay");
    const headers = { "content-type": "text/event-stream", "x-mintgate-position": "0" };
    const page = createPage([new Response(source.body, { headers })]);
    const answer = await page.fetch(CHAT, post());
    await answer.body?.cancel("left");
    expect(await source.cancelled).toBe("left");
    expect(page.posted).toEqual([{ type: "mintgate:cancel", id: idOf(page.sent[0]) }]);
  });

  test("stops the pings", async () => {
    vi.useFakeTimers();
    const page = createPage([part(WHOLE, "end", 0)]);
    await (await page.fetch(CHAT, post())).text();
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    expect(page.posted).toEqual([]);
  });
});

describe("names", () => {
  test("of the app's own are for its events: the answer has another", async () => {
    const page = createPage([part(WHOLE, "end", 0), part(WHOLE, "end", 0), part(WHOLE, "end", 0)]);
    const headers = { "x-mintgate-request": "mine" };
    for (const extra of [{}, {}, { "idempotency-key": "k" }]) {
      await (await page.fetch(CHAT, post({ headers: { ...headers, ...extra } }))).text();
    }
    const [first, second, third] = page.sent.map((request) => request.headers.get("idempotency-key"));
    expect(first).not.toBe(second);
    expect(first).toMatch(/^[\w-]{36}$/);
    expect(third).toBe("k");
  });
});
