import { rm } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { buildBarePage } from "./bare-page.ts";
import { launchBrowser, openPage, type WatchedPage } from "./browser.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { type Rig, startRig } from "./rig.ts";

/** A real Chromium, a bare page, the real server behind a recorder, and the stand-in provider. */
export interface BrowserRig extends Rig {
  readonly browser: Browser;
  readonly recorder: Recorder;
  /** Opens the bare page; with `register`, two lines more than nothing: the app as a developer has it. */
  open(options?: OpenOptions): Promise<WatchedPage>;
}

export interface OpenOptions {
  /** False leaves the page uncovered. */
  readonly register?: boolean;
  /** An earlier page, to open another tab beside it. */
  readonly beside?: WatchedPage;
  /** A browser without Service Workers. */
  readonly withoutWorkers?: boolean;
}

export async function startBrowserRig(settings: Readonly<Record<string, string>> = {}): Promise<BrowserRig> {
  const [browser, assets, recorder] = await Promise.all([launchBrowser(), buildBarePage(), startRecorder()]);
  const rig = await startRig({ assets, settings: { PUBLIC_URL: recorder.url, ...settings } });
  recorder.relayTo(Number(new URL(rig.server.url).port));
  return {
    ...rig,
    get server() {
      return rig.server;
    },
    browser,
    recorder,
    async open({ register = true, beside, withoutWorkers = false } = {}) {
      const context = withoutWorkers ? await browser.newContext({ serviceWorkers: "block" }) : beside?.context;
      const watched = await openPage(browser, context ? { context } : {});
      await goTo(watched.page, recorder.url);
      if (register) await watched.page.evaluate(() => app.register());
      return watched;
    },
    async stop() {
      await browser.close();
      await recorder.stop();
      await rig.stop();
      await rm(assets, { recursive: true, force: true });
    },
  };
}

/** Loads the bare page and waits until its script has run. */
export async function goTo(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction(() => "app" in globalThis);
}
