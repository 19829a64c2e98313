import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type BrowserRig, goTo, type OpenOptions, startBrowserRig } from "../support/browser-rig.ts";
import { createDpopClient } from "../support/dpop.ts";
import { CALLERS_KEY, SERVER_KEY } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

async function openPage(options?: OpenOptions) {
  const watched = await rig.open(options);
  onTestFinished(watched.close);
  return watched;
}

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
  const { page, errors } = await openPage();
  expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  expect(await page.evaluate(streamText, STREAM)).toBe("What the provider said.");
  expect(rig.standIn.requests.at(-1)?.headers.authorization).toBe(`Bearer ${SERVER_KEY}`);
  expect(errors).toEqual([]);
});

test("a page that the worker does not control yet, or never will, is covered all the same", async () => {
  const first = await openPage();
  await first.page.evaluate(() => navigator.serviceWorker.ready);
  const devTools = await first.context.newCDPSession(first.page);
  await devTools.send("Page.reload", { ignoreCache: true });
  await first.page.waitForFunction(() => "app" in globalThis);
  expect(await first.page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
  await first.page.evaluate(() => void app.register());
  expect(await first.page.evaluate(streamText, STREAM)).toBe("What the provider said.");

  const without = await openPage({ withoutWorkers: true });
  expect(await without.page.evaluate(() => app.register().then(({ mode }) => mode))).toBe("page");
  expect(await without.page.evaluate(streamText, STREAM)).toBe("What the provider said.");
});

test("no key is in any byte that reaches the browser", async () => {
  const { page } = await openPage();
  await page.evaluate(streamText, STREAM);
  await page
    .evaluate(streamText, chat({ status: 401, body: `no such key: ${SERVER_KEY}` }, { stream: true }))
    .catch(() => {});
  await page.evaluate(() => fetch("/v1/proxy/models").then((answer) => answer.text()));
  const received = rig.recorder.received();
  expect(received).toContain("What the provider said.".split(" ")[0]);
  for (const secret of [SERVER_KEY, CALLERS_KEY, rig.secret, rig.server.projectKey ?? ""]) {
    expect(received.includes(secret)).toBe(false);
  }
});

test("the page never sees the credential, and nobody else can use it", async () => {
  const { page } = await openPage();
  const seen = await page.evaluate(async (body) => {
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
  const first = await openPage();
  const before = mints();
  const tabs = await Promise.all([1, 2, 3, 4].map(() => openPage({ beside: first })));
  const texts = await Promise.all([first, ...tabs].map(({ page }) => page.evaluate(streamText, STREAM)));
  expect(new Set(texts)).toEqual(new Set(["What the provider said."]));
  expect(mints() - before).toBe(1);
});

function mints(): number {
  return rig.recorder.sent().split("POST /v1/proxy/credentials/session ").length - 1;
}

test("a worker that the browser stopped starts again with the same key", async () => {
  const { page, context } = await openPage();
  const subject = () =>
    page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const stop = app.onEvent((event) => {
            if (event.type !== "mint") return;
            stop();
            resolve(event.claims.sub);
          });
          void fetch("/v1/proxy/models");
        }),
    );
  const before = await subject();
  const devTools = await context.newCDPSession(page);
  await devTools.send("ServiceWorker.enable");
  await devTools.send("ServiceWorker.stopAllWorkers");
  expect(await subject()).toBe(before);
  await page.evaluate(() => app.signOut());
  expect(await subject()).not.toBe(before);
});

test("an app's own pages, files and hosts are left alone", async () => {
  const { page } = await openPage();
  await goTo(page, rig.recorder.url);
  const answers = await page.evaluate(async () => {
    await app.register();
    const own = await fetch("/index.html");
    return {
      own: own.status,
      ours: own.headers.get("x-mintgate-source"),
      elsewhere: await fetch("/nothing-here").then(({ status }) => status),
    };
  });
  expect(answers).toEqual({ own: 200, ours: null, elsewhere: 404 });
});
