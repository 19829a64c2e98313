import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { loadEnvironment, withConfigText } from "./environment.ts";
import { missingSettings } from "./missing-settings.ts";
import { PATHS } from "./paths.ts";

// `npm run deploy`: names every missing secret, and deploys only if there is none. Arguments go on to wrangler.

const wrangler = join(PATHS.root, "node_modules/wrangler/bin/wrangler.js");
const args = process.argv.slice(2);
const dryRun = args.includes("--dry-run");

const env = withConfigText(loadEnvironment(PATHS.root, process.env));
const missing = missingSettings({ env, known: knownNames() });
for (const name of missing) console.error(`missing secret: ${name} (set it with: npx wrangler secret put ${name})`);
if (missing.length > 0 && !dryRun) process.exit(1);

// The page client and the ready-made worker stand beside the demo, as under `npm start`.
cpSync(PATHS.browser, PATHS.demo, { recursive: true });
process.exit(
  spawnSync(process.execPath, [wrangler, "deploy", ...args], { cwd: PATHS.root, stdio: "inherit" }).status ?? 1,
);

/** Names that the deployed Worker has: its secrets, the variables of `wrangler.toml`, and those of the command line. */
function knownNames(): ReadonlySet<string> {
  const variables = Object.keys(unstable_readConfig({ config: join(PATHS.root, "wrangler.toml") }).vars);
  const given = args.flatMap((arg, index) => (args[index - 1] === "--var" ? [arg.split(":")[0] ?? ""] : []));
  return new Set([...variables, ...given, ...(dryRun ? [] : secretNames())]);
}

/** Empty before the first deployment: a Worker that does not exist has no secrets. */
function secretNames(): string[] {
  const listed = spawnSync(process.execPath, [wrangler, "secret", "list", "--format", "json"], {
    cwd: PATHS.root,
    encoding: "utf8",
    // Why it could not be listed (no such Worker, nobody signed in) is wrangler's to say.
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (listed.status !== 0) return [];
  const secrets = JSON.parse(listed.stdout) as readonly { readonly name: string }[];
  return secrets.map((secret) => secret.name);
}
