import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import type { EngineName } from "./engines/engine.ts";

interface Needs {
  /** Debian's packages. */
  readonly packages: readonly string[];
  /** The browser, in the order of preference. */
  readonly browser: () => readonly (string | undefined)[];
  /** What drives it. */
  readonly commands?: readonly string[];
}

const NEEDS: Readonly<Record<EngineName, Needs>> = {
  chromium: {
    packages: ["chromium"],
    browser: () => [
      process.env.CHROMIUM_PATH,
      ...["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].flatMap(placesOf),
      chromium.executablePath(),
    ],
  },
  firefox: {
    packages: ["firefox-esr"],
    browser: () => [process.env.FIREFOX_PATH, ...["firefox-esr", "firefox"].flatMap(placesOf)],
  },
  webkit: {
    packages: ["webkit2gtk-driver", "libwebkit2gtk-4.1-0", "xvfb", "xauth"],
    browser: () => [process.env.MINIBROWSER_PATH, ...globSync("/usr/lib{,64}{,/*}/webkit2gtk-4.*/MiniBrowser")],
    commands: ["WebKitWebDriver", "Xvfb"],
  },
};

/** Path of a browser on this machine: named by a setting, one of the usual commands, or Playwright's own. */
export function findEngine(name: EngineName): string | undefined {
  const { browser, commands = [] } = NEEDS[name];
  if (!commands.every((command) => placesOf(command).some(existsSync))) return undefined;
  return browser().find((path) => path && existsSync(path));
}

/**
 * Path of a browser that has to be there.
 *
 * @throws {Error} that names the command to install it with.
 */
export function pathOf(name: EngineName): string {
  const path = findEngine(name);
  if (path) return path;
  throw new Error(`no ${name} on this machine: apt-get install ${NEEDS[name].packages.join(" ")}`);
}

/**
 * Installs what is missing of these: Debian's packages for root on Debian, since they bring the libraries they need; else
 * Playwright's Chromium.
 *
 * @throws {Error} if one is not there afterwards; it names the command.
 */
export function installEngines(names: readonly EngineName[]): void {
  const missing = names.filter((name) => !findEngine(name));
  if (missing.length === 0) return;
  if (isDebian() && process.getuid?.() === 0) {
    const packages = missing.flatMap((name) => NEEDS[name].packages);
    run(["apt-get", "update"]);
    run(["apt-get", "install", "-y", "--no-install-recommends", ...packages]);
  } else if (missing.includes("chromium")) {
    const cli = join(import.meta.dirname, "../../node_modules/playwright-core/cli.js");
    run([process.execPath, cli, "install", "chromium"]);
  }
  for (const name of missing) pathOf(name);
}

function placesOf(command: string): readonly string[] {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)];
  return folders.map((folder) => join(folder, command));
}

function isDebian(): boolean {
  return existsSync("/etc/os-release") && /^(ID|ID_LIKE)=.*debian/m.test(readFileSync("/etc/os-release", "utf8"));
}

function run([command = "", ...args]: readonly string[]): void {
  spawnSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
