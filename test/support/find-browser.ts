import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const COMMANDS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Path of a Chromium on this machine: `CHROMIUM_PATH`, one of the usual commands, or Playwright's own. */
export function findChromium(): string | undefined {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)];
  const candidates = [
    process.env.CHROMIUM_PATH,
    ...COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))),
    chromium.executablePath(),
  ];
  return candidates.find((path) => path && existsSync(path));
}

/**
 * Installs a Chromium: the system's package for root on Debian, since it brings the libraries it needs; else Playwright's.
 *
 * @throws {Error} if none is there afterwards.
 */
export function installChromium(): string {
  const [update, install] = [
    ["apt-get", "update"],
    ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
  ];
  if (isDebian() && process.getuid?.() === 0) for (const command of [update, install]) run(command ?? []);
  else
    run([
      process.execPath,
      join(import.meta.dirname, "../../node_modules/playwright-core/cli.js"),
      "install",
      "chromium",
    ]);
  const path = findChromium();
  if (!path) throw new Error("no Chromium was found, and none could be installed; set CHROMIUM_PATH");
  return path;
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
