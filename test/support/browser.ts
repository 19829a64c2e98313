import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { pathOf } from "./find-browser.ts";

declare global {
  /** What `mintgate` exports, on the page `/client.html` of `test/support/page`. */
  var mintgate: typeof import("../../sw/client.ts");
}

/** What Chromium is started with, by whoever starts it. */
export const FLAGS: readonly string[] = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a real Chromium, with more flags if need be. Close it when done. */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = pathOf("chromium");
  // Playwright's own defaults include the old headless shell's flag; ours ask for the whole browser.
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags], headless: true });
}

/** A page in a profile of its own, and what it said. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console messages of page and worker, as `type: text`. */
  readonly messages: readonly string[];
  /** Uncaught errors, and messages of level error. Empty after a good run. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens a page, in a fresh profile unless `context` gives one to share.
 *
 * Functions that run in the page cannot `import()`: the test runner rewrites it. Load a script of the page instead.
 */
export async function openPage(browser: Browser, { context }: { context?: BrowserContext } = {}): Promise<WatchedPage> {
  const owned = context === undefined;
  const used = context ?? (await browser.newContext());
  const page = await used.newPage();
  const messages: string[] = [];
  const errors: string[] = [];
  page.on("console", (message) => {
    messages.push(`${message.type()}: ${message.text()}`);
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  return { page, context: used, messages, errors, close: () => (owned ? used.close() : page.close()) };
}
