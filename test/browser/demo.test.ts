import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser, openPage, type WatchedPage } from "../support/browser.ts";
import { type Rig, SERVER_KEY, startRig } from "../support/rig.ts";
import { DEMO_PAGES, serve } from "../support/serve.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { order } from "../support/stand-in.ts";
import { temporaryFolder } from "../support/temporary.ts";

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  [browser, rig] = await Promise.all([launchBrowser(), startRig({ assets: DEMO_PAGES })]);
});
afterAll(() => Promise.all([browser.close(), rig.stop()]));

/** Opens the demo and waits until its worker has taken over and its models are there. */
async function openDemo(url = rig.server.url): Promise<WatchedPage> {
  const watched = await openPage(browser);
  onTestFinished(watched.close);
  await watched.page.addInitScript(putOrdersIntoRequests);
  await watched.page.goto(url);
  await watched.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await watched.page.locator("#model option", { hasText: "guide" }).waitFor({ state: "attached" });
  return watched;
}

/** The stand-in is told in the body what to answer: adds what `window.orders` holds before the library sees the call. */
function putOrdersIntoRequests(): void {
  const send = window.fetch;
  window.fetch = async (input, init) => {
    const orders: unknown = Reflect.get(window, "orders");
    const request = new Request(input, init);
    if (!orders || !request.url.endsWith("/chat/completions")) return send(request);
    const body = JSON.stringify({ ...(await request.clone().json()), ...orders });
    return send(new Request(request, { body }));
  };
}

async function askProvider(page: Page, question: string, orders: Orders): Promise<void> {
  await page.evaluate((value) => Reflect.set(window, "orders", value), order(orders));
  await page.getByLabel("Model", { exact: true }).selectOption("gpt-4o");
  await ask(page, question);
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel("Your question").fill(question);
  await page.keyboard.press("Enter");
}

const panel = (page: Page) => page.getByRole("complementary", { name: "What just happened" });
const receiptOf = (page: Page, text: string) => page.locator(".chip", { hasText: text });

test("answers from the built-in model, says that it is none, and tells what happened", async () => {
  const { page, errors } = await openDemo();
  await page.getByRole("button", { name: "How do I add it to my app?" }).click();
  await receiptOf(page, "fresh answer").waitFor();
  const answer = page.getByRole("article", { name: "Answer of guide" });
  await expect(answer.textContent()).resolves.toContain("not a language model");
  await expect(answer.locator("pre").first().textContent()).resolves.toContain("npx mintgate init");
  const told = await panel(page).innerText();
  expect(told).toContain("The Service Worker caught the call");
  expect(told).toMatch(/For\s+anonymous:/);
  expect(told).toMatch(/Expires in\s+\d+ min/);
  expect(told).toMatch(/Bound key\s+[\w-]{43}/);
  expect(errors).toEqual([]);
});

test("shows a provider's answer as it comes, and after Escape the provider's stream is closed", async () => {
  const { page, errors } = await openDemo();
  const gate = rig.standIn.gate("demo");
  await askProvider(page, "Count", { events: 500, gate: "demo" });
  gate.allow(5);
  await page.locator(".markdown", { hasText: "w2" }).waitFor();
  await page.keyboard.press("Escape");
  await receiptOf(page, "stopped").waitFor();
  // workerd notices at the next write that nobody reads any more.
  gate.allow(50);
  const left = await rig.standIn.waitFor((request) => request.orders.gate === "demo" && request.leftEarly);
  expect(left.headers.authorization).toBe(`Bearer ${SERVER_KEY}`);
  await page.locator(".ending", { hasText: "Stopped." }).waitFor();
  expect(errors).toEqual([]);
});

test("shows a model's HTML as text, opens its links elsewhere and loads none of its images", async () => {
  const { page, errors } = await openDemo();
  const text = [
    '<script>document.title = "taken"</script>',
    '<img src="/taken" onerror="document.title = `taken`">',
    "![spy](https://spy.example/seen) [bad](javascript:document.title=1) [good](https://good.example)",
  ].join("\n\n");
  await askProvider(page, "Attack", { text });
  await receiptOf(page, "fresh answer").waitFor();
  const shown = page.locator(".markdown").last();
  await expect(shown.locator("script, img, [onerror]").count()).resolves.toBe(0);
  await expect(shown.textContent()).resolves.toContain("<script>");
  await expect(shown.locator("a[href]").count()).resolves.toBe(1);
  await expect(shown.locator("a[href]").getAttribute("rel")).resolves.toBe("noopener noreferrer");
  await expect(page.title()).resolves.toBe("mintgate");
  expect(errors).toEqual([]);
});

test("says what an error means, and asks again on demand", async () => {
  const { page } = await openDemo();
  await askProvider(page, "Too fast?", { status: 429, headers: { "retry-after": "30" } });
  await page.getByText("Ask again in 30 seconds.", { exact: false }).and(page.locator(".problem p")).waitFor();
  await page.getByRole("alert").getByText("Ask again in 30 seconds.").waitFor({ state: "attached" });
  await page.evaluate((value) => Reflect.set(window, "orders", value), order({ text: "Now it works." }));
  await page.locator(".problem").getByRole("button", { name: "Ask again" }).click();
  await page.locator(".markdown", { hasText: "Now it works." }).waitFor();
  await expect(page.locator(".problem").count()).resolves.toBe(0);
  // The button is gone; what one goes on with has the focus.
  await expect(page.locator("#question:focus").count()).resolves.toBe(1);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Forget everything here" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator(".question").count()).resolves.toBe(1);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Forget everything here" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Forget everything" }).click();
  await page.getByRole("heading", { name: "Ask something" }).waitFor();
});

test("shows how far the browser is with downloading its own model, which then answers in the page", async () => {
  const watched = await openPage(browser);
  onTestFinished(watched.close);
  const { page, errors } = watched;
  await page.addInitScript(putInOwnModel);
  await page.goto(rig.server.url);
  await page.getByLabel("Model", { exact: true }).selectOption("on-device");
  await ask(page, "Hello");
  await page.getByText("Your browser downloads its model, once: 40 %").waitFor();
  await expect(page.getByRole("progressbar").getAttribute("value")).resolves.toBe("0.4");
  await page.evaluate(() => void dispatchEvent(new Event("own-model-is-there")));
  await receiptOf(page, "from this device").waitFor();
  await expect(page.locator(".markdown").textContent()).resolves.toContain("Hi from here.");
  await expect(panel(page).innerText()).resolves.toContain("Nothing left this browser: its own model was asked.");
  expect(errors).toEqual([]);
});

/** A browser's built-in model that is two fifths there, and the rest once the page says so. */
function putInOwnModel(): void {
  const create = async ({ monitor }: { monitor?: (progress: EventTarget) => void }) => {
    const progress = new EventTarget();
    monitor?.(progress);
    progress.dispatchEvent(Object.assign(new Event("downloadprogress"), { loaded: 0.4, total: 1 }));
    await new Promise((resolve) => addEventListener("own-model-is-there", resolve, { once: true }));
    const words = new ReadableStream<string>({
      start(controller) {
        controller.enqueue("Hi from here.");
        controller.close();
      },
    });
    return { promptStreaming: () => words, destroy: () => undefined };
  };
  Reflect.set(window, "LanguageModel", { availability: async () => "downloadable", create });
}

test("a broken stream is said to be broken, and what came of it stays", async () => {
  const { page } = await openDemo();
  await askProvider(page, "Break", { events: 9, cutAfterEvents: 5, cut: "clean-end-without-done" });
  await page.getByText("The answer broke off before it was complete.").and(page.locator(".problem strong")).waitFor();
  await expect(page.locator(".markdown").textContent()).resolves.toContain("w0");
});

test("sends an edited question in the old one's place, with Shift+Enter for a new line", async () => {
  const { page, errors } = await openDemo();
  await askProvider(page, "First", { text: "One." });
  await receiptOf(page, "fresh answer").waitFor();
  await page.locator(".question").hover();
  await page.getByRole("button", { name: "Edit question" }).click();
  const editor = page.getByRole("textbox", { name: "Edit question" });
  await editor.fill("Second");
  await editor.press("Shift+Enter");
  await editor.pressSequentially("line");
  await page.evaluate((value) => Reflect.set(window, "orders", value), order({ text: "Two." }));
  await editor.press("Enter");
  await page.locator(".markdown", { hasText: "Two." }).waitFor();
  await expect(page.locator(".question p").allTextContents()).resolves.toEqual(["Second\nline"]);
  expect(rig.standIn.requests.at(-1)?.fields.messages).toEqual([{ role: "user", content: "Second\nline" }]);
  expect(errors).toEqual([]);
});

test("sends what Settings say: system prompt and temperature", async () => {
  const { page, errors } = await openDemo();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("System prompt").fill("Be brief.");
  await page.getByLabel("Automatic").uncheck();
  await page.getByLabel("Temperature", { exact: true }).and(page.locator("input")).fill("0.3");
  await page.keyboard.press("Escape");
  await askProvider(page, "Hello", { text: "Hi." });
  await receiptOf(page, "fresh answer").waitFor();
  expect(rig.standIn.requests.at(-1)?.fields).toMatchObject({
    temperature: 0.3,
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
    ],
  });
  expect(errors).toEqual([]);
});

test("on a phone the panel is a sheet that takes the focus and gives it back", async () => {
  const { page, errors } = await openDemo();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "What happens offline?" }).click();
  const chip = receiptOf(page, "fresh answer");
  await chip.click();
  const sheet = page.getByRole("dialog", { name: "What just happened" });
  await sheet.getByText("The Service Worker caught the call").waitFor();
  await expect(sheet.evaluate((element) => element.contains(document.activeElement))).resolves.toBe(true);
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  await expect(chip.evaluate((element) => element === document.activeElement)).resolves.toBe(true);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBe(0);
  expect(errors).toEqual([]);
});

test("without the server it opens, shows its conversations, and goes on when the server is back", async () => {
  const stateFolder = await temporaryFolder();
  const first = await serve({ assets: DEMO_PAGES, stateFolder });
  const { page } = await openDemo(first.url);
  await ask(page, "What happens offline?");
  await receiptOf(page, "fresh answer").waitFor();
  const kept = (await page.locator(".markdown").textContent()) ?? "";
  await page.getByRole("navigation").getByRole("button", { name: "What happens offline?", exact: true }).waitFor();
  await expect.poll(() => page.evaluate(isKept, "What happens offline?"), { timeout: 10_000 }).toBe(true);
  await first.stop();

  await page.reload();
  await page.getByText("The server is out of reach.").waitFor();
  await page.getByRole("navigation").getByRole("button", { name: "What happens offline?", exact: true }).click();
  await expect(page.locator(".markdown").textContent()).resolves.toBe(kept);
  await ask(page, "How do I add it to my app?");
  await page.locator(".problem", { hasText: "The server could not be reached." }).waitFor();

  const second = await serve({ assets: DEMO_PAGES, stateFolder, port: Number(new URL(first.url).port) });
  onTestFinished(() => second.stop());
  // It looks by itself as well, and may have found the server before.
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLButtonElement>(".offline button")) {
      if (button.textContent === "Try now") button.click();
    }
  });
  await page.getByText("The server is out of reach.").waitFor({ state: "detached" });
  await page.locator(".problem").getByRole("button", { name: "Ask again" }).click();
  await receiptOf(page, "fresh answer").nth(1).waitFor();
});

/** True once the conversation is in the browser's storage, answer and receipt included. */
async function isKept(title: string): Promise<boolean> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("mintgate-demo");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const reading = db.transaction("conversations").objectStore("conversations").getAll();
  await new Promise((resolve) => {
    reading.onsuccess = resolve;
  });
  db.close();
  const found = (reading.result as { title: string; turns: { answer: { state: string; receipt?: object } }[] }[]).find(
    (conversation) => conversation.title === title,
  );
  return found?.turns[0]?.answer.state === "complete" && "totalMs" in (found.turns[0].answer.receipt ?? {});
}
