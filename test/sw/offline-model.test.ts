import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { wrapFetch } from "../../sw/fetch-wrapper.ts";
import { createLocalFetch } from "../../sw/local-fetch.ts";
import type { JsModel } from "../../sw/local-models.ts";
import { createLocalHandler } from "../../sw/local-worker.ts";
import { resolveSettings } from "../../sw/settings.ts";
import { CHAT, createRig, PAGE, type Rig } from "./rig.ts";

const echo: JsModel = async function* ({ messages }) {
  yield `You said: ${messages.at(-1)?.content}`;
};

beforeEach(() => {
  vi.stubGlobal("location", new URL(PAGE));
});
afterEach(() => vi.unstubAllGlobals());

interface Side {
  readonly rig: Rig;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** The worker's pipeline, whose app let `echo` answer offline, or no model. */
function inWorker(offlineModel?: string): Side {
  const rig = createRig();
  const local = createLocalHandler({ echo }, offlineModel);
  return { rig, fetch: (url, init) => rig.call(url, init, {}, { ...rig.gate, local }) };
}

/** The same in a page, in front of such a pipeline without models. */
function inPage(offlineModel?: string): Side {
  const rig = createRig();
  const fetch = wrapFetch({
    settings: resolveSettings({}, PAGE),
    native: () => expect.unreachable(),
    worker: () => undefined,
    inPage: async (request) => rig.call(request.url, { method: request.method, body: await request.text() }),
    local: createLocalFetch({ echo }, offlineModel),
  });
  return { rig, fetch };
}

const request = (fields: object = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Hello?" }], ...fields }),
});

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe.each([
  { where: "the worker", make: inWorker },
  { where: "the page", make: inPage },
])("a model on the device, in $where,", ({ make }) => {
  test("answers for any other while the mint-server cannot be reached, under its own name", async () => {
    const { rig, fetch } = make("echo");
    rig.server.unreachable = true;
    const answer = await fetch(CHAT, request());
    expect([answer.status, answer.headers.get(HEADER.source)]).toEqual([200, "device"]);
    expect(await answer.json()).toMatchObject({
      model: "echo",
      choices: [{ message: { content: "You said: Hello?" } }],
    });
  });

  test("does so for streams", async () => {
    const { rig, fetch } = make("echo");
    rig.server.unreachable = true;
    const text = await (await fetch(CHAT, request({ stream: true }))).text();
    expect(text).toContain('"model":"echo"');
    expect(text).toContain("[DONE]");
  });

  test("does not while it can be reached, whatever that says", async () => {
    const { rig, fetch } = make("echo");
    expect(await (await fetch(CHAT, request())).json()).toEqual({ ok: true });
    const failed = { status: 503, headers: { [HEADER.dpopNonce]: "n" } };
    rig.server.answer = () => Response.json({ error: { code: "upstream_failed" } }, failed);
    expect((await fetch(CHAT, request())).status).toBe(503);
  });

  test("does not where the app did not ask for it", async () => {
    const { rig, fetch } = make();
    rig.server.unreachable = true;
    expect(await codeOf(await fetch(CHAT, request()))).toBe("offline");
  });

  test("leaves alone what it has nothing like", async () => {
    const { rig, fetch } = make("echo");
    rig.server.unreachable = true;
    const url = "https://api.openai.com/v1/embeddings";
    const answer = await fetch(url, { method: "POST", body: '{"model":"text-embedding-3-small","input":"a"}' });
    expect([answer.status, await codeOf(answer)]).toEqual([503, "offline"]);
  });
});
