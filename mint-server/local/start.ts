import { resolve } from "node:path";
import { SettingsError } from "../settings-error.ts";
import { askedToStop } from "./asked-to-stop.ts";
import { type Environment, loadEnvironment } from "./environment.ts";
import type { LocalServer } from "./run-server.ts";
import { startServer } from "./server.ts";

// `npm start`: everything on this machine, in one workerd process.

const env = loadEnvironment(process.cwd(), process.env);
const stateFolder = resolve(env.MINTGATE_STATE?.trim() || ".mintgate");

const asked = askedToStop();

try {
  const server = await startServer({ env, stateFolder, ...assetsOf(env) });
  console.log(welcome(server));
  const ended = await Promise.race([asked, server.ended]);
  await server.stop();
  if (ended === undefined) process.exit(0);
  fail(`workerd ended (${ended})`);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  fail(error.message);
}

function fail(message: string): never {
  console.error(`mintgate: ${message}`);
  process.exit(1);
}

function assetsOf(settings: Environment): { assets?: string } {
  const folder = settings.MINTGATE_ASSETS?.trim();
  return folder ? { assets: resolve(folder) } : {};
}

function welcome({ url, projectKey, config }: LocalServer): string {
  const lines = [`mintgate is at ${url}`, `  API          ${url}/v1/proxy`];
  if (projectKey) lines.push(`  project key  ${projectKey}`);
  const hasProvider = Object.values(config.orgs).some((org) => (org.endpoints ?? []).length > 0);
  if (!hasProvider)
    lines.push("No provider key is set: the built-in model `guide` answers. Set OPENAI_API_KEY for more.");
  return lines.join("\n");
}
