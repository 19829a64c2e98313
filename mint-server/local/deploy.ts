import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "./paths.ts";

// `npm run deploy`: names every missing secret, and deploys only if there is none. Arguments go on to wrangler.

// The page client and the ready-made worker stand beside the demo, as under `npm start`.
cpSync(PATHS.browser, PATHS.demo, { recursive: true });
const command = [
  join(PATHS.root, "mint-server/local/cli/mintgate.ts"),
  "deploy",
  "--config",
  join(PATHS.root, "wrangler.toml"),
  ...process.argv.slice(2),
];
process.exit(spawnSync(process.execPath, command, { cwd: PATHS.root, stdio: "inherit" }).status ?? 1);
