import { launchBrowser } from "./support/browser.ts";
import { DEMO_PAGES, serve } from "./support/serve.ts";
const server = await serve({ assets: DEMO_PAGES, settings: process.env.WITH_KEY ? { OPENAI_API_KEY: "sk-test-000000000000000000", OPENAI_BASE_URL: "http://127.0.0.1:9/v1" } : {} });
const browser = await launchBrowser(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--use-file-for-fake-audio-capture=/tmp/speech48.wav"]);
const denied = await launchBrowser(["--deny-permission-prompts"]);
for (const [size, width, height] of [["wide", 1280, 800], ["phone", 390, 844]] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    const shot = (page: import("playwright-core").Page, name: string) => page.screenshot({ path: `/tmp/shots-voice/${name}-${size}-${colorScheme}.png` });
    const open = async (b: typeof browser) => {
      const context = await b.newContext({ viewport: { width, height }, colorScheme });
      const page = await context.newPage();
      page.on("console", (m) => console.log(m.type(), m.text()));
      await page.goto(`${server.url}/#/voice`);
      await page.locator("#voice-model option", { hasText: "echo" }).waitFor({ state: "attached" });
      return { context, page };
    };
    const { context, page } = await open(browser);
    await shot(page, "idle");
    await page.getByRole("button", { name: "Start talking" }).click();
    await page.getByText("You are speaking.").waitFor();
    await page.waitForTimeout(1200);
    await shot(page, "talking");
    await page.locator('.voice-entry[data-who="voice"]').first().waitFor({ timeout: 20000 });
    await page.waitForTimeout(2500);
    await shot(page, "answer");
    await page.getByLabel("Push to talk").check();
    await page.waitForTimeout(300);
    await shot(page, "push");
    await page.getByRole("button", { name: "End", exact: true }).click();
    await page.waitForTimeout(300);
    await shot(page, "ended");
    await context.close();
    const two = await open(denied);
    await two.page.getByRole("button", { name: "Start talking" }).click();
    await two.page.getByRole("alert").waitFor();
    await shot(two.page, "denied");
    if (process.env.WITH_KEY) {
      await two.page.locator("#voice-model").selectOption("gpt-realtime");
      await shot(two.page, "chosen");
      await two.page.getByRole("button", { name: "Write instead" }).click();
      await two.page.waitForTimeout(3000);
      await shot(two.page, "failing");
    }
    await two.context.close();
  }
}
await browser.close(); await denied.close(); await server.stop();
