import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { findFaultsEverywhere } from "../support/axe.ts";
import { launchBrowser, openPage } from "../support/browser.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { DEMO_PAGES } from "../support/serve.ts";
import { orderInText } from "../support/stand-in/orders.ts";

const ADMIN_KEY = "admin-key-canary-of-the-console-3f8a1c";
const PROVIDER_KEY = "sk-canary-of-the-console-77e0b24d19";

let browser: Browser;
let rig: Rig;
/** One profile for all: its worker is installed once. */
let context: BrowserContext;
beforeAll(async () => {
  [browser, rig] = await Promise.all([launchBrowser(), startRig({ assets: DEMO_PAGES, settings: { ADMIN_KEY } })]);
  context = await browser.newContext();
});
afterAll(() => Promise.all([browser.close(), rig.stop()]));

async function openPlace(place: string): Promise<Page> {
  const { page, close } = await openPage(browser, { context });
  onTestFinished(close);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${rig.server.url}/#/${place}`);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  return page;
}

const column = (page: Page, at: number) => page.locator(".play-column").nth(at);

async function run(page: Page, prompt: string): Promise<void> {
  await page.getByLabel("Prompt for all models").fill(prompt);
  await page.keyboard.press("Enter");
}

async function openColumns(models: readonly string[]): Promise<Page> {
  const page = await openPlace("playground");
  await column(page, 1).waitFor();
  // What the last test entered is still there.
  await page.getByRole("button", { name: "Start over" }).click();
  await column(page, 2).waitFor({ state: "detached" });
  for (const [at, model] of models.entries()) {
    if (at > 1) await page.getByRole("button", { name: "Another model" }).click();
    await page.getByLabel(`Model of column ${at + 1}`).selectOption(model);
  }
  return page;
}

test("asks several models the same, with the parameters entered, and shows what was sent and what came", async () => {
  const page = await openColumns(["gpt-4o", "gpt-4o-mini", "guide"]);
  await page.locator("summary", { hasText: "Parameters" }).click();
  await page.getByLabel("Temperature").fill("3");
  await run(page, "Hello there");
  await page.getByText("Correct this first: Temperature.").waitFor();
  expect(rig.standIn.requests.filter(({ path }) => path.endsWith("/chat/completions"))).toEqual([]);
  await page.getByLabel("Temperature").fill("0.2");
  await page.getByLabel("Max tokens").fill("50");
  await page.getByLabel("Stop at").fill("END\nSTOP");
  await page.getByLabel("Seed").fill("7");
  await run(page, "Hello there");
  for (const at of [0, 1, 2]) await column(page, at).getByText("began after").waitFor();
  await page.getByText("All have answered.").waitFor({ state: "attached" });
  const asked = rig.standIn.requests.slice(-2).map(({ fields }) => fields);
  expect(asked.map(({ model }) => model).toSorted()).toEqual(["gpt-4o", "gpt-4o-mini"]);
  for (const fields of asked) {
    expect(fields).toMatchObject({ temperature: 0.2, max_completion_tokens: 50, stop: ["END", "STOP"], seed: 7 });
    expect(fields.messages).toEqual([{ role: "user", content: "Hello there" }]);
  }
  await column(page, 0).getByText("Request and answer").click();
  // The page opens it first, and fills it then.
  await column(page, 0).locator("pre", { hasText: "[DONE]" }).waitFor();
  const [sent, came] = await column(page, 0).locator("pre").allTextContents();
  expect(JSON.parse(sent ?? "")).toMatchObject({ model: "gpt-4o", seed: 7 });
  expect(came).toMatch(/^HTTP 200\n[\s\S]*\n\ndata: \{[\s\S]*data: \[DONE\]/);
  expect(await findFaultsEverywhere(page)).toEqual([]);
});

test("shows tool calls, takes their results by hand, and goes on with them", async () => {
  const page = await openColumns(["gpt-4o"]);
  await page.locator("summary", { hasText: "Tools" }).click();
  await page.getByLabel("Tools, as JSON").fill('[{"name": "two words"}]');
  await page.getByText("Tool 1 needs a name").waitFor();
  await page.getByLabel("Tools, as JSON").fill("");
  await page.getByRole("button", { name: "Put in an example" }).click();
  await expect(page.locator("textarea:focus").inputValue()).resolves.toContain("get_weather");
  const call = { name: "get_weather", arguments: { city: "Oslo" } };
  await run(page, `What is the weather? ${orderInText({ toolCalls: [call] })}`);
  await column(page, 0).getByText("wants tools").waitFor();
  expect(JSON.parse((await column(page, 0).locator("pre").first().textContent()) ?? "")).toEqual({ city: "Oslo" });
  await column(page, 0).getByLabel("Result of get_weather").fill("rain, 4 °C");
  await column(page, 0).getByRole("button", { name: "Give this result" }).click();
  await expect(column(page, 0).evaluate((place) => place === document.activeElement)).resolves.toBe(true);
  await column(page, 0).locator(".play-run").nth(1).getByText("rain, 4 °C").waitFor();
  const messages = lastMessages();
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
  expect(messages[2]).toMatchObject({ role: "tool", content: "rain, 4 °C" });
});

test("parses structured output, and says where it does not fit its schema", async () => {
  const page = await openColumns(["gpt-4o"]);
  await page.locator("summary", { hasText: "Structured output" }).click();
  await page.getByLabel("Answers are").selectOption("json_schema");
  const fits = { summary: "All is well.", topics: ["weather"], sentiment: "good" };
  await run(page, `Tell ${orderInText({ json: fits })}`);
  await column(page, 0).getByText("It fits the schema.").waitFor();
  await expect(column(page, 0).locator(".play-record dt").allTextContents()).resolves.toEqual(Object.keys(fits));
  expect(rig.standIn.requests.at(-1)?.fields.response_format).toMatchObject({ type: "json_schema" });
  await run(page, `Tell ${orderInText({ json: { ...fits, sentiment: "odd" } })}`);
  await column(page, 0).getByText("It does not fit the schema:").waitFor();
  await column(page, 0).getByText("sentiment:").waitFor();
});

test("sends a pasted picture, made smaller, and says in words why one model failed", async () => {
  const page = await openColumns(["gpt-4o", "gpt-4o-mini"]);
  await page.getByLabel("Prompt for all models").evaluate(pastePicture);
  await page.getByText("1024 × 512").waitFor();
  await run(page, `Look ${orderInText({ status: 429, headers: { "retry-after": "30" } })}`);
  await column(page, 0).locator(".problem", { hasText: "Ask again in 30 seconds." }).waitFor();
  await page.getByText("All are done; 2 failed.").waitFor({ state: "attached" });
  const [message] = lastMessages();
  expect(message?.content).toMatchObject([
    { type: "text" },
    { type: "image_url", image_url: { url: expect.stringMatching(/^data:image\/jpeg;base64,\/9j\//) } },
  ]);
  expect(await findFaultsEverywhere(page)).toEqual([]);
});

/** Those of the provider's latest request. */
function lastMessages(): readonly Readonly<Record<string, unknown>>[] {
  const { messages } = rig.standIn.requests.at(-1)?.fields ?? {};
  return Array.isArray(messages) ? messages : [];
}

/** As a browser does it, with a picture of 2048 by 1024. */
async function pastePicture(field: HTMLElement | SVGElement): Promise<void> {
  const canvas = new OffscreenCanvas(2048, 1024);
  canvas.getContext("2d")?.fillRect(0, 0, 900, 900);
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([await canvas.convertToBlob()], "big.png", { type: "image/png" }));
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}

test("issues, reads and revokes a credential, and keeps neither it nor the key", async () => {
  const page = await openPlace("credentials");
  const projectKey = rig.server.projectKey ?? "";
  await page.getByText("Bound to").first().waitFor();
  await page.getByLabel("Project key, or").first().fill("mgp_of-nobody");
  await page.getByLabel("Models", { exact: true }).fill("gpt-4o*");
  await page.getByLabel("Subject", { exact: true }).fill("user-42");
  await page.getByLabel("Logging project").fill("trial");
  await page.getByLabel("Requests", { exact: true }).fill("3");
  await page.getByRole("button", { name: "Issue a credential" }).click();
  await page.getByText("This project key is not valid here.").waitFor();
  await page.getByLabel("Project key, or").first().fill(projectKey);
  await page.getByRole("button", { name: "Issue a credential" }).click();
  const credential = (await page.locator(".issued-key code").textContent()) ?? "";
  const issued = await page.locator(".issued .claims").innerText();
  for (const said of ["user-42", "gpt-4o…", "3 requests with this credential", "trial"]) {
    expect(issued).toContain(said);
  }
  const { iat = 0, exp } = readCredential(credential) ?? {};
  expect(exp).toBe(iat + 600);
  const ask = () =>
    rig.post(
      "chat/completions",
      { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] },
      {
        authorization: `Bearer ${credential}`,
      },
    );
  expect((await ask()).status).toBe(200);

  await page.getByLabel("A credential").fill(`Bearer ${credential}`);
  await page.getByText("This server signed it.").waitFor();
  await page.getByLabel("A credential").fill(credential.slice(0, -4));
  await page.getByText("This server did not sign it").waitFor();
  await page.getByLabel("A credential").fill("nonsense");
  await page.getByText("This is no credential of mintgate.").waitFor();
  expect(await findFaultsEverywhere(page)).toEqual([]);

  await page.getByRole("button", { name: "Revoke it…" }).first().click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("Revoked. Requests are refused from now on").waitFor();
  expect((await ask()).status).toBe(401);
  expect(await page.evaluate(everythingKept)).not.toContain(projectKey);
  expect(await page.evaluate(everythingKept)).not.toContain(credential);
});

test("makes an organisation with an endpoint, tests its key, and never shows or keeps it", async () => {
  const page = await openPlace("providers");
  await page.getByLabel("Admin key").fill("not-the-key");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("alert").getByText("This is not the server's ADMIN_KEY.").waitFor();
  await page.getByLabel("Admin key").fill(ADMIN_KEY);
  await page.keyboard.press("Enter");
  await page.getByText("from the settings, and changed there").waitFor();
  await page.locator("summary", { hasText: "Make an organisation" }).click();
  await page.getByLabel("Name").fill("acme");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Add an endpoint" }).click();
  await page.getByLabel("API key").fill(PROVIDER_KEY);
  await page.getByLabel("Base URL").fill(rig.standIn.url);
  await page.getByRole("button", { name: "Add a custom model" }).click();
  await page.getByLabel("Model id").fill("acme-large");
  await page.getByLabel("$ per million tokens in").fill("2");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "Test the key" }).click();
  await page.getByText("It works: acme-large answered in").waitFor();
  expect(rig.standIn.requests.at(-1)?.headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`);
  await page.getByText("There is none yet. A backend issues credentials with one.").waitFor();

  await page.getByRole("button", { name: "Edit openai" }).click();
  await page.getByLabel("Weight").fill("3");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.").waitFor();
  await page.locator("[aria-label='Edit openai']:focus").waitFor();
  await page.getByRole("button", { name: "Make a project key" }).click();
  const made = (await page.locator(".made-key code").textContent()) ?? "";
  const listed = await fetch(rig.url("models"), { headers: { authorization: `Bearer ${made}` } });
  expect(JSON.stringify(await listed.json())).toContain("acme-large");
  await page.locator("summary", { hasText: "All of it, as JSON" }).click();
  const stored = JSON.parse(await page.getByLabel("Settings of this organisation").inputValue());
  expect(stored.endpoints).toMatchObject([{ apiKey: `sealed:…${PROVIDER_KEY.slice(-4)}`, weight: 3 }]);
  expect(await findFaultsEverywhere(page)).toEqual([]);

  await page.goto(`${rig.server.url}/#/usage`);
  await page.getByLabel("Organisation").selectOption("acme");
  await page.getByRole("row", { name: /openai acme-large healthy/ }).waitFor();
  expect(await page.content()).not.toContain(PROVIDER_KEY);
  const kept = await page.evaluate(everythingKept);
  for (const secret of [ADMIN_KEY, PROVIDER_KEY, made]) expect(kept).not.toContain(secret);
  await page.goto(`${rig.server.url}/#/providers`);
  await page.getByRole("button", { name: "acme", exact: true }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "acme", exact: true }).waitFor({ state: "detached" });
});

/** All that this origin's storage holds, as text. */
async function everythingKept(): Promise<string> {
  const asked = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const kept: unknown[] = [{ ...localStorage }, { ...sessionStorage }, location.href, history.state];
  for (const { name = "" } of await indexedDB.databases()) {
    const database = await asked(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      kept.push(name, store, await asked(database.transaction(store).objectStore(store).getAll()));
    }
    database.close();
  }
  return JSON.stringify(kept);
}
