import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type BrowserRig, reload, startBrowserRig } from "../support/browser-rig.ts";
import { createDpopClient } from "../support/dpop.ts";
import type { Tab } from "../support/engines/engine.ts";
import { CALLERS_KEY, SERVER_KEY } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
let tab: Tab;
beforeAll(async () => {
  rig = await startBrowserRig({ engine: inject("engine") });
  tab = await rig.open();
});
afterAll(() => rig.stop());

/** What an app does with the default client: streams a completion, and gives back its text. */
async function streamText(this: void, body: unknown): Promise<string> {
  const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
  const stream = await openai.chat.completions.create(body as never);
  let text = "";
  for await (const chunk of stream as never as AsyncIterable<{ choices: { delta: { content?: string } }[] }>) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  return text;
}

const STREAM = chat({ text: "What the provider said." }, { stream: true });

test("unmodified openai code with the default base URL streams through the worker", async () => {
  expect(await tab.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  expect(await tab.evaluate(streamText, STREAM)).toBe("What the provider said.");
  expect(rig.standIn.requests.at(-1)?.headers.authorization).toBe(`Bearer ${SERVER_KEY}`);
  expect(await tab.evaluate(() => complaints)).toEqual([]);
});

test("a page that no worker controls yet, or ever will, is covered all the same", async () => {
  const first = await rig.open({ register: false });
  const text = await first.evaluate(
    async (body) => {
      // Nothing is waited for: what follows is asked before there can be a worker.
      void app.register();
      const isControlled = navigator.serviceWorker.controller !== null;
      const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
      const answer = await openai.chat.completions.create(body as never);
      return { isControlled, said: answer.choices[0]?.message.content };
    },
    chat({ text: "What the provider said." }),
  );
  expect(text).toEqual({ isControlled: false, said: "What the provider said." });

  const without = await rig.open({ withoutWorkers: true, register: false });
  expect(await without.evaluate(() => app.register().then(({ mode }) => mode))).toBe("page");
  expect(await without.evaluate(streamText, STREAM)).toBe("What the provider said.");
});

test("code that is given the page's own fetch needs no registration", async () => {
  const without = await rig.open({ withoutWorkers: true, register: false });
  const said = await without.evaluate(async (body) => {
    const fetch = app.createFetch();
    const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0, fetch });
    const stream = await openai.chat.completions.create(body as never);
    let text = "";
    for await (const chunk of stream as never as AsyncIterable<{ choices: { delta: { content?: string } }[] }>) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    return text;
  }, STREAM);
  expect(said).toBe("What the provider said.");
});

test("a page that is loaded again is controlled from the start", async () => {
  await reload(tab, { register: false });
  expect(await tab.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  await tab.evaluate(async () => void (await app.register()));
  expect(await tab.evaluate(streamText, STREAM)).toBe("What the provider said.");
});

test("no key is in any byte that reaches the browser", async () => {
  await tab.evaluate(streamText, STREAM);
  await tab
    .evaluate(streamText, chat({ status: 401, body: `no such key: ${SERVER_KEY}` }, { stream: true }))
    .catch(() => {});
  await tab.evaluate(() => fetch("/v1/proxy/models").then((answer) => answer.text()));
  const received = rig.recorder.received();
  expect(received).toContain("What the provider said.".split(" ")[0]);
  for (const secret of [SERVER_KEY, CALLERS_KEY, rig.secret, rig.server.projectKey ?? ""]) {
    expect(received.includes(secret)).toBe(false);
  }
});

test("the page never sees the credential, and nobody else can use it", async () => {
  const seen = await tab.evaluate(async (body) => {
    const events: unknown[] = [];
    const stop = app.onEvent((event) => events.push(event));
    const answer = await fetch("/v1/proxy/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    await answer.text();
    while (!events.some((event) => (event as { type: string }).type === "done"))
      await new Promise((resolve) => setTimeout(resolve, 10));
    stop();
    return JSON.stringify({ events, headers: [...answer.headers] });
  }, chat());
  const stolen = /DPoP (eyJ[\w-]+\.[\w-]+\.[\w-]+)/i.exec(rig.recorder.sent())?.[1] ?? "";
  expect(stolen).not.toBe("");
  expect(seen).not.toContain(stolen);

  const thief = await createDpopClient();
  const requests = rig.standIn.requests.length;
  for (const attempt of [
    () => thief.fetch(`${rig.recorder.url}/v1/proxy/chat/completions`, { ...json(chat()), credential: stolen }),
    () => rig.post("chat/completions", chat(), { authorization: `Bearer ${stolen}` }),
    () => rig.post("chat/completions", chat(), { authorization: `DPoP ${stolen}` }),
  ]) {
    expect((await attempt()).status).toBe(401);
  }
  expect(rig.standIn.requests.length).toBe(requests);
});

function json(body: unknown) {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

test("tabs that start together share one worker and mint once", async () => {
  const first = await rig.open();
  const before = mints();
  const others = await Promise.all([1, 2, 3].map(() => rig.open({ profile: first.profile })));
  const texts = await Promise.all([first, ...others].map((one) => one.evaluate(streamText, STREAM)));
  expect(new Set(texts)).toEqual(new Set(["What the provider said."]));
  expect(mints() - before).toBe(1);
});

function mints(): number {
  return rig.recorder.sent().split("POST /v1/proxy/credentials/session ").length - 1;
}

test("signing out makes the next request another user's", async () => {
  const subject = () =>
    tab.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const stop = app.onEvent((event) => {
            if (event.type !== "mint") return;
            stop();
            resolve(event.claims.sub);
          });
          void app.signOut().then(() => fetch("/v1/proxy/models"));
        }),
    );
  const before = await subject();
  expect(before).toMatch(/^anonymous:/);
  expect(await subject()).not.toBe(before);
});

test("an app's own pages, files and hosts are left alone", async () => {
  const answers = await tab.evaluate(async () => {
    const own = await fetch("/index.html");
    return {
      own: own.status,
      ours: own.headers.get("x-mintgate-source"),
      elsewhere: await fetch("/nothing-here").then(({ status }) => status),
    };
  });
  expect(answers).toEqual({ own: 200, ours: null, elsewhere: 404 });
});
