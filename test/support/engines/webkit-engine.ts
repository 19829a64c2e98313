import { spawnSync } from "node:child_process";
import { pathOf } from "../find-browser.ts";
import type { Engine, InPage, Profile, Tab } from "./engine.ts";
import { freePort, startScreen, startTool } from "./processes.ts";
import { runInWindow } from "./run-in-window.ts";
import { type Session, startSession } from "./web-driver.ts";

/** WebKitGTK's MiniBrowser: Safari's engine, on a screen that nobody sees. */
export async function startWebKit(): Promise<Engine> {
  const binary = pathOf("webkit");
  const screen = await startScreen();
  const open = new Set<Profile>();
  return {
    name: "webkit",
    version: versionOf(binary, screen.display),
    async newProfile() {
      const profile = await openBrowser(binary, screen.display);
      open.add(profile);
      return profile;
    },
    async close() {
      await Promise.all([...open].map((profile) => profile.close()));
      await screen.stop();
    },
  };
}

function versionOf(binary: string, display: string): string {
  const { stdout } = spawnSync(binary, ["--version"], { env: { ...process.env, DISPLAY: display } });
  return /\d[\d.]+/.exec(String(stdout))?.[0] ?? "unknown";
}

const ARGS: readonly string[] = ["--automation", "--enable-mock-capture-devices=true", "--enable-media-stream=true"];

/** A driver takes one browser, and a driven browser's storage is its own: so each profile has both. */
async function openBrowser(binary: string, display: string): Promise<Profile> {
  const port = await freePort();
  const driver = startTool("WebKitWebDriver", [`--port=${port}`], { DISPLAY: display });
  const capabilities = { "webkitgtk:browserOptions": { binary, args: ARGS } };
  const session = await startSession(`http://127.0.0.1:${port}`, capabilities);
  let first: string | undefined = await session.currentWindow();
  const profile: Profile = {
    async newTab() {
      const handle = first ?? (await session.newWindow());
      first = undefined;
      return tabOf(session, handle, profile);
    },
    async close() {
      // It ends by itself with its last window.
      await session.end().catch(() => undefined);
      await driver.stop();
    },
  };
  return profile;
}

function tabOf(session: Session, handle: string, profile: Profile): Tab {
  return {
    profile,
    evaluate: <Given, Told>(run: InPage<Given, Told>, given?: Given) => runInWindow({ session, handle }, run, given),
    goTo: async (url) => void (await session.inWindow(handle, "POST", "/url", { url })),
    reload: async () => void (await session.inWindow(handle, "POST", "/refresh")),
    close: () => session.closeWindow(handle),
  };
}
