import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { until } from "../support/browser-rig.ts";
import type { Engine, Tab } from "../support/engines/engine.ts";
import { startEngine } from "../support/engines/start-engine.ts";
import { buildLocalSite, serveLocalSite } from "../support/local-site.ts";
import { type Asked, type Behaviour, installLanguageModel } from "../sw/fake-language-model.ts";

let engine: Engine;
let tab: Tab;
let files: string;
beforeAll(async () => {
  [engine, files] = await Promise.all([startEngine(inject("engine")), buildLocalSite()]);
  tab = await (await engine.newProfile()).newTab();
});
afterAll(async () => {
  await engine.close();
  await rm(files, { recursive: true, force: true });
});

type Side = "page" | "worker";
/** A model, and what to say to it. */
type Ask = [model: string, content: string];

interface Opened {
  /** What the app asked its site for, other than its own files. */
  readonly strays: readonly string[];
  /** Takes the site off the network. */
  readonly goOffline: () => Promise<void>;
}

/** The app, with its models in the page or in the worker, at an origin of its own. */
async function open(side: Side, behaviour?: Behaviour): Promise<Opened> {
  const site = await serveLocalSite(files);
  onTestFinished(() => site.close());
  await tab.goTo(site.url);
  await until(tab, () => "local" in globalThis);
  if (behaviour) await tab.evaluate(installLanguageModel as (behaviour: Behaviour) => unknown, behaviour);
  await tab.evaluate(async (where) => {
    const { register, models } = local;
    const { mode } = await register(where === "page" ? { worker: false, models } : { worker: "/sw.js" });
    if (mode !== where) throw new Error(`the ${mode} answers, not the ${where}`);
  }, side);
  return { strays: site.strays, goOffline: site.close };
}

async function openOffline(side: Side, behaviour?: Behaviour): Promise<Opened> {
  const opened = await open(side, behaviour);
  // What a page loads for its models is there after one call.
  expect(await tab.evaluate(whole, ["echo", "first"] as Ask)).toMatchObject({ text: "You said: first" });
  await opened.goOffline();
  return opened;
}

/** In the page: a whole answer, or the error that the SDK made of it. */
async function whole(this: void, [model, content]: Ask) {
  const openai = new local.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
  try {
    const { data, response } = await openai.chat.completions
      .create({ model, messages: [{ role: "user", content }] })
      .withResponse();
    return { text: data.choices[0]?.message.content, source: response.headers.get("x-mintgate-source") };
  } catch (error) {
    const { status, code, message } = error as { status?: number; code?: string; message: string };
    return { status, code, message };
  }
}

/** In the page: the pieces of a stream. */
async function streamed(this: void, [model, content]: Ask) {
  const openai = new local.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
  const stream = await openai.chat.completions.create({ model, messages: [{ role: "user", content }], stream: true });
  const pieces: string[] = [];
  for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? "");
  return pieces.filter((piece) => piece !== "");
}

/** In the page: leaves before the first word, or after it; tells what the SDK threw, once `stopped` has resolved. */
async function left(this: void, [model, content]: Ask) {
  const openai = new local.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
  const abort = new AbortController();
  const channel = new BroadcastChannel(content.split(" ")[0] ?? "");
  const speaks = content.includes(" ");
  const stopped = new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (data === "stopped") resolve(data);
      else if (!speaks) abort.abort();
    };
  });
  try {
    const stream = await openai.chat.completions.create(
      { model, messages: [{ role: "user", content }], stream: true },
      { signal: abort.signal },
    );
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) abort.abort();
    return { threw: undefined, stopped: await stopped };
  } catch (error) {
    return { threw: (error as Error).constructor === local.OpenAI.APIUserAbortError, stopped: await stopped };
  } finally {
    channel.close();
  }
}

describe.each<Side>(["page", "worker"])("without a network, a function in the %s", (side) => {
  test("answers the openai package in whole and in pieces", async () => {
    const { strays } = await openOffline(side);
    expect(await tab.evaluate(whole, ["echo", "hello"] as Ask)).toEqual({ text: "You said: hello", source: "device" });
    expect(await tab.evaluate(streamed, ["echo", "hello"] as Ask)).toEqual(["You said: ", "hello"]);
    expect(strays).toEqual([]);
  });

  test("stops when the page leaves, before its first word or after", async () => {
    await openOffline(side);
    // The SDK ends a stream that its caller aborts without an error.
    const speaking: Ask = ["endless", `${crypto.randomUUID()} Well,`];
    expect(await tab.evaluate(left, speaking)).toEqual({ threw: undefined, stopped: "stopped" });
    const silent: Ask = ["endless", crypto.randomUUID()];
    expect(await tab.evaluate(left, silent)).toEqual({ threw: true, stopped: "stopped" });
  });

  test("is all that the list of models holds", async () => {
    await openOffline(side);
    const ids = await tab.evaluate(async () => {
      const answer = await fetch("/v1/proxy/models");
      const { data } = (await answer.json()) as { data: { id: string }[] };
      return data.map(({ id }) => id);
    });
    expect(ids).toEqual(side === "page" ? ["echo", "endless", "on-device"] : ["echo", "endless"]);
  });
});

test.each<Side>(["page", "worker"])(
  "with models in the %s, nothing but other models' requests is sent",
  async (side) => {
    const { strays } = await open(side);
    await tab.evaluate(whole, ["echo", "mine"] as Ask);
    expect(strays).toEqual([]);
    expect(await tab.evaluate(whole, ["gpt-4o", "theirs"] as Ask)).toMatchObject({ status: 502 });
    expect(strays).toEqual(["/v1/proxy/credentials/session"]);
  },
);

describe("without a network, the browser's built-in model", () => {
  test("answers in whole and in pieces", async () => {
    const { strays } = await openOffline("page", { says: ["From ", "here."] });
    expect(await tab.evaluate(whole, ["on-device", "hi"] as Ask)).toEqual({ text: "From here.", source: "device" });
    expect(await tab.evaluate(streamed, ["on-device", "hi"] as Ask)).toEqual(["From ", "here."]);
    expect(strays).toEqual([]);
  });

  test("stops when the page leaves", async () => {
    await openOffline("page", { says: ["One"], hangs: true });
    await tab.evaluate(async () => {
      const openai = new local.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
      const stream = await openai.chat.completions.create({
        model: "on-device",
        messages: [{ role: "user", content: "hi" }],
        stream: true,
      });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    });
    await until(tab, () => (globalThis as never as { languageModelAsked: Asked }).languageModelAsked.destroyed === 1);
  });

  test("is a typed error where the browser has none", async () => {
    await openOffline("page");
    const error = await tab.evaluate(async () => {
      const openai = new local.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true });
      return openai.chat.completions.create({ model: "on-device", messages: [{ role: "user", content: "hi" }] }).then(
        () => undefined,
        (caught: InstanceType<typeof local.OpenAI.APIError>) => ({
          isBadRequest: caught instanceof local.OpenAI.BadRequestError,
          code: caught.code,
          message: caught.message,
        }),
      );
    });
    expect(error).toMatchObject({ isBadRequest: true, code: "model_unavailable" });
    expect(error?.message).toContain("Chrome");
  });
});
