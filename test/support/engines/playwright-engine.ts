import { type Browser, type BrowserContext, firefox } from "playwright-core";
import { launchBrowser } from "../browser.ts";
import { pathOf } from "../find-browser.ts";
import type { Engine, InPage, Profile, Tab } from "./engine.ts";

/** Makes a microphone and calls to this machine work in Chromium. */
const CHROMIUM_FLAGS: readonly string[] = [
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  "--allow-loopback-in-peer-connection",
];

/** The same in Firefox, and timers that tell the time. */
const FIREFOX_PREFERENCES = {
  "privacy.reduceTimerPrecision": false,
  "media.navigator.permission.disabled": true,
  "media.navigator.streams.fake": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
};

export async function startChromium(): Promise<Engine> {
  return engineOf("chromium", await launchBrowser(CHROMIUM_FLAGS));
}

/** Debian's own Firefox, over WebDriver BiDi. */
export async function startFirefox(): Promise<Engine> {
  const executablePath = pathOf("firefox");
  const browser = await firefox.launch({
    channel: "moz-firefox",
    executablePath,
    headless: true,
    firefoxUserPrefs: FIREFOX_PREFERENCES,
  });
  return engineOf("firefox", browser);
}

function engineOf(name: Engine["name"], browser: Browser): Engine {
  return {
    name,
    version: browser.version(),
    newProfile: async () => profileOf(await browser.newContext()),
    close: () => browser.close(),
  };
}

function profileOf(context: BrowserContext): Profile {
  const profile: Profile = {
    newTab: () => newTab(context, profile),
    close: () => context.close(),
  };
  return profile;
}

async function newTab(context: BrowserContext, profile: Profile): Promise<Tab> {
  const page = await context.newPage();
  return {
    profile,
    playwright: page,
    evaluate: <Given, Told>(run: InPage<Given, Told>, given?: Given) => page.evaluate(run as never, given as never),
    async goTo(url: string) {
      await page.goto(url);
    },
    async reload() {
      await page.reload();
    },
    close: () => page.close(),
  };
}
