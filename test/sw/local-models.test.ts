import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OFFLINE, toResponse } from "../../sw/answers.ts";
import { wrapFetch } from "../../sw/fetch-wrapper.ts";
import { createLocalFetch } from "../../sw/local-fetch.ts";
import type { JsModel, LocalModels } from "../../sw/local-models.ts";
import { createLocalHandler } from "../../sw/local-worker.ts";
import { resolveSettings } from "../../sw/settings.ts";
import { CHAT, createRig, PAGE, type Rig } from "./rig.ts";

const MODELS = "https://api.openai.com/v1/models";

const echo: JsModel = async function* ({ model, messages }) {
  yield `${model}: `;
  yield messages.map(({ role, content }) => `${role} said ${content}`).join(", ");
};
const broken: JsModel = async function* () {
  yield "Half";
  throw new Error("what only the function knows");
};
// biome-ignore lint/correctness/useYield: it fails before its first word
const unable: JsModel = async function* () {
  throw new Error("what only the function knows");
};

interface Side {
  readonly fetch: typeof fetch;
  /** What went further than to the local models. */
  readonly sent: () => readonly string[];
  /** Answers what goes further. */
  answerWith(answer: () => Response): void;
}

/** The page's own `fetch`, with whoever would answer otherwise replaced. */
function createPage(models: LocalModels): Side {
  const sent: Request[] = [];
  let answer = () => Response.json({});
  const fetch = wrapFetch({
    settings: resolveSettings({}, PAGE),
    native: () => expect.unreachable(),
    worker: () => undefined,
    async inPage(request) {
      sent.push(request);
      return answer();
    },
    local: createLocalFetch(models),
  });
  const answerWith = (given: () => Response) => {
    answer = given;
  };
  return { fetch, sent: () => sent.map(({ url }) => url), answerWith };
}

/** The worker's pipeline, with a fake mint-server behind it. */
function createWorker(models: Readonly<Record<string, JsModel>>, rig: Rig = createRig()): Side {
  const gate = { ...rig.gate, local: createLocalHandler(models) };
  const fetch: typeof globalThis.fetch = (input, init) => {
    const abort = new AbortController();
    init?.signal?.addEventListener("abort", () => abort.abort(init.signal?.reason));
    return rig.call(String(input), init ?? {}, { abort }, gate);
  };
  const answerWith = (answer: () => Response) => {
    rig.server.answer = answer;
  };
  return { fetch, sent: () => rig.server.seen.map(({ url }) => url), answerWith };
}

beforeEach(() => {
  vi.stubGlobal("location", { href: PAGE });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const SIDES = [
  ["page", createPage],
  ["worker", createWorker],
] as const;

describe.each(SIDES)("a function in the %s", (_, create) => {
  const clientOf = ({ fetch }: Side) => new OpenAI({ apiKey: "browser", fetch, maxRetries: 0 });
  const ask = (side: Side, model: string) =>
    clientOf(side).chat.completions.create({ model, messages: [{ role: "user", content: "hi" }] });

  test("answers under its name, and nothing is sent, not even for a credential", async () => {
    const side = create({ echo });
    const { data, response } = await clientOf(side)
      .chat.completions.create({ model: "echo", messages: [{ role: "user", content: "hi" }] })
      .withResponse();
    expect(data.choices).toMatchObject([{ message: { content: "echo: user said hi" }, finish_reason: "stop" }]);
    expect(response.headers.get("x-mintgate-source")).toBe("device");
    expect(response.headers.get("content-type")).toBe("application/json");
    const completion = await clientOf(side).completions.create({ model: "echo", prompt: "hi" });
    expect(completion.choices[0]?.text).toBe("echo: user said hi");
    const answer = await clientOf(side).responses.create({ model: "echo", input: "hi" });
    expect(answer.output_text).toBe("echo: user said hi");
    expect(side.sent()).toEqual([]);
  });

  test("streams each piece before it has the next", async () => {
    const { promise: more, resolve: goOn } = Promise.withResolvers<void>();
    const slow: JsModel = async function* () {
      yield "One ";
      await more;
      yield "two.";
    };
    const side = create({ slow });
    const stream = await clientOf(side).chat.completions.create({
      model: "slow",
      messages: [{ role: "user", content: "count" }],
      stream: true,
    });
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (text === "One ") goOn();
    }
    expect(text).toBe("One two.");
  });

  test.each([true, false])(
    "is stopped when the caller leaves, whether or not it looks at its signal (%s)",
    async (looks) => {
      const abort = new AbortController();
      const { promise: stopped, resolve: stop } = Promise.withResolvers<string>();
      const { promise: started, resolve: start } = Promise.withResolvers<void>();
      const endless: JsModel = async function* ({ signal }) {
        try {
          for (;;) {
            start();
            await new Promise((resolve) => setTimeout(resolve));
            if (looks) signal.throwIfAborted();
            yield "again ";
          }
        } finally {
          stop("stopped");
        }
      };
      const request = clientOf(create({ endless })).chat.completions.create(
        { model: "endless", messages: [{ role: "user", content: "go" }] },
        { signal: abort.signal },
      );
      await Promise.race([started, request]);
      abort.abort();
      await expect(request).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
      expect(await stopped).toBe("stopped");
    },
  );

  test("that throws is an error of its own, which keeps its words to itself", async () => {
    const side = create({ unable, broken });
    const whole = ask(side, "unable");
    await expect(whole).rejects.toMatchObject({ status: 500, code: "model_function_failed" });
    await expect(whole).rejects.not.toThrow(/only the function/);
    const answer = await side.fetch(CHAT, {
      method: "POST",
      body: JSON.stringify({ model: "broken", messages: [{ role: "user", content: "go" }], stream: true }),
    });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('"content":"Half"');
    expect(text).toMatch(/event: error\ndata: .*model_function_failed.*\n\n$/);
    expect(text).not.toContain("[DONE]");
  });

  test("names a field that no model knows, and the endpoints that it has", async () => {
    const side = create({ echo });
    const error = await clientOf(side)
      .chat.completions.create({ model: "echo", messages: [{ role: "user", content: "hi" }], nonsense: 1 } as never)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 400, param: "nonsense" });
    await expect(clientOf(side).embeddings.create({ model: "echo", input: "hi" })).rejects.toMatchObject({
      status: 400,
      param: "model",
      message: expect.stringContaining("chat/completions, completions and responses"),
    });
    const anthropic = await side.fetch("https://api.anthropic.com/v1/messages", {
      method: "POST",
      body: JSON.stringify({ model: "echo", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    });
    expect(await anthropic.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect(side.sent()).toEqual([]);
  });

  test("takes nothing from the models of the mint-server", async () => {
    const side = create({ echo });
    side.answerWith(() => Response.json({ choices: [{ message: { content: "From afar." } }] }));
    expect((await ask(side, "gpt-4o")).choices[0]?.message.content).toBe("From afar.");
    // A name that every object has is no model.
    expect((await ask(side, "toString")).choices[0]?.message.content).toBe("From afar.");
    expect(side.sent()).not.toEqual([]);
    const body = "not JSON at all";
    expect((await side.fetch(CHAT, { method: "POST", body })).status).toBe(200);
  });

  test("is in the list of models, before those of the mint-server", async () => {
    const side = create({ echo, shared: echo });
    side.answerWith(() =>
      Response.json({
        object: "list",
        data: [
          { id: "gpt-4o", format: "openai" },
          { id: "shared", format: "openai" },
        ],
      }),
    );
    const { data } = await clientOf(side).models.list();
    expect(data).toMatchObject([
      { id: "echo", object: "model", format: "js", flavor: "chat" },
      { id: "shared", format: "js" },
      { id: "gpt-4o", format: "openai" },
    ]);
    const sent = side.sent().length;
    expect(await clientOf(side).models.retrieve("echo")).toMatchObject({ id: "echo", format: "js" });
    expect(side.sent()).toHaveLength(sent);
    side.answerWith(() => Response.json({ id: "gpt-4o" }));
    expect(await clientOf(side).models.retrieve("gpt-4o")).toEqual({ id: "gpt-4o" });
  });

  test("leaves an error of the list as it is", async () => {
    const side = create({ echo });
    side.answerWith(() => Response.json({ error: { message: "no", code: "forbidden" } }, { status: 403 }));
    const answer = await side.fetch(MODELS);
    expect([answer.status, await answer.json()]).toEqual([403, { error: { message: "no", code: "forbidden" } }]);
  });
});

test("offline, the list holds the local models alone", async () => {
  const page = createPage({ echo, "on-device": "window" });
  page.answerWith(() => toResponse(OFFLINE, "openai"));
  expect(await (await page.fetch(MODELS)).json()).toMatchObject({
    data: [
      { id: "echo", format: "js", input_cost_per_million_tokens: null },
      { id: "on-device", format: "window", input_cost_per_million_tokens: 0, multimodal: true },
    ],
  });
  const rig = createRig();
  rig.server.unreachable = true;
  const answer = await createWorker({ echo }, rig).fetch(MODELS);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ data: [{ id: "echo" }] });
});

test("a request that is not for the page's models goes on as it was", async () => {
  const received: Request[] = [];
  const fetch = wrapFetch({
    settings: resolveSettings({}, PAGE),
    native: () => expect.unreachable(),
    worker: () => undefined,
    async inPage(request) {
      received.push(request);
      return new Response("answered");
    },
    local: createLocalFetch({ echo }),
  });
  const body = '{"model": "gpt-4o"}';
  const headers = { "x-bt-use-cache": "never", "content-type": "application/json" };
  await fetch(CHAT, { method: "POST", body, headers });
  await fetch(new Request(CHAT, { method: "POST", body, headers }));
  for (const request of received) {
    expect([request.method, request.url, request.headers.get("x-bt-use-cache")]).toEqual(["POST", CHAT, "never"]);
    expect(await request.text()).toBe(body);
  }
  expect(received).toHaveLength(2);
  // As `fetch` itself does, rather than throw.
  await expect(fetch(CHAT, { body: "no body in a GET" })).rejects.toThrow(TypeError);
});

test("the worker has no built-in model, and says so", async () => {
  const worker = createWorker({ "on-device": "window" as never });
  const body = JSON.stringify({ model: "on-device", messages: [{ role: "user", content: "hi" }] });
  const answer = await worker.fetch(CHAT, { method: "POST", body });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("in the page")]);
});
