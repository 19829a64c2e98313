import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { withConfigText } from "../environment.ts";
import { missingSettings } from "../missing-settings.ts";
import { readEnvironment } from "./at-hand.ts";
import { CommandError, type Terminal } from "./terminal.ts";

const HELP = `Usage: mintgate deploy [options of wrangler deploy]

Checks that the Worker has every secret it needs, names those that are missing, and has wrangler deploy it if there are none.
Which Worker: that of --config, of mint-server/wrangler.jsonc, or of the wrangler configuration in this folder.

Options:
  --config PATH      configuration of wrangler
  --dry-run          deploys nothing, and only names what is missing
  --help             shows this
All others go on to wrangler.`;

const CONFIGS = [
  ...["jsonc", "json", "toml"].map((kind) => `mint-server/wrangler.${kind}`),
  ...["jsonc", "json", "toml"].map((kind) => `wrangler.${kind}`),
];

/** `mintgate deploy` */
export async function deploy(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    terminal.print(HELP);
    return 0;
  }
  const wrangler = findWrangler(terminal.folder);
  const { config, rest } = splitConfig(args, terminal.folder);
  const isDryRun = rest.includes("--dry-run");
  const deployed = { wrangler, config, folder: terminal.folder };
  const known = new Set([
    ...(await variableNames(deployed)),
    ...rest.flatMap((arg, index) => (rest[index - 1] === "--var" ? [arg.split(":")[0] ?? ""] : [])),
    ...(isDryRun ? [] : secretNames(deployed, terminal)),
  ]);
  const missing = missingSettings({ env: withConfigText(readEnvironment(terminal)), known });
  const where = /^wrangler\.\w+$/.test(relative(terminal.folder, config))
    ? ""
    : ` --config ${relative(terminal.folder, config)}`;
  for (const name of missing) {
    terminal.note(`missing secret: ${name} (set it with: npx wrangler secret put ${name}${where})`);
  }
  if (missing.length > 0 && !isDryRun) {
    terminal.note(`mintgate: nothing was deployed; set ${missing.length === 1 ? "it" : "them"} and run this again`);
    return 1;
  }
  return runWrangler(deployed, ["deploy", ...rest]).status ?? 1;
}

interface Deployed {
  /** Path of wrangler's program. */
  readonly wrangler: string;
  /** Of its configuration, absolute. */
  readonly config: string;
  readonly folder: string;
}

/** That of the project: its version is the project's business. */
function findWrangler(folder: string): string {
  try {
    // Its program is not among what it exports.
    const manifest = createRequire(join(folder, "package.json")).resolve("wrangler/package.json");
    return join(dirname(manifest), "bin/wrangler.js");
  } catch {
    throw new CommandError("wrangler is not installed here; run `npm install --save-dev wrangler`");
  }
}

function splitConfig(
  args: readonly string[],
  folder: string,
): { readonly config: string; readonly rest: readonly string[] } {
  const at = args.findIndex((arg) => arg === "--config" || arg === "-c");
  const inline = args.find((arg) => arg.startsWith("--config="));
  const given = inline?.slice("--config=".length) ?? (at < 0 ? undefined : args[at + 1]);
  const config = (given === undefined ? CONFIGS : [given])
    .map((path) => resolve(folder, path))
    .find((path) => existsSync(path));
  if (!config) {
    throw new CommandError(
      given === undefined
        ? "there is no configuration of wrangler here; `npx mintgate init` makes one, --config names one"
        : "--config: there is no such file",
    );
  }
  return {
    config,
    rest: args.filter((arg, index) => arg !== inline && (at < 0 || (index !== at && index !== at + 1))),
  };
}

/** Names of the variables that the configuration sets. */
async function variableNames({ wrangler, config }: Deployed): Promise<string[]> {
  const main = createRequire(wrangler).resolve("wrangler");
  const { unstable_readConfig: readConfig } = (await import(pathToFileURL(main).href)) as typeof import("wrangler");
  return Object.keys(readConfig({ config }).vars);
}

/**
 * Empty before the first deployment: a Worker that does not exist has no secrets.
 *
 * @throws {CommandError} if it cannot be found out, most often since nobody is signed in.
 */
function secretNames(deployed: Deployed, { note }: Terminal): string[] {
  const listed = runWrangler(deployed, ["secret", "list", "--format", "json"], "pipe");
  if (listed.status !== 0) {
    const why = `${listed.stdout}${listed.stderr}`;
    if (/\bWorker\b.* not found/.test(why)) return [];
    note(why.trim());
    throw new CommandError(
      "wrangler could not list the Worker's secrets; `npx wrangler login` signs in, or CLOUDFLARE_API_TOKEN does. Then run this again",
    );
  }
  const secrets = JSON.parse(listed.stdout) as readonly { readonly name: string }[];
  return secrets.map((secret) => secret.name);
}

function runWrangler(
  { wrangler, config, folder }: Deployed,
  args: readonly string[],
  output: "inherit" | "pipe" = "inherit",
) {
  return spawnSync(process.execPath, [wrangler, ...args, "--config", config], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["inherit", output, output],
  });
}
