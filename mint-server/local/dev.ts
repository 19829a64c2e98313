import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { createServer as createViteServer } from "vite";
import { SettingsError } from "../settings-error.ts";
import { originsOf, readAddress } from "./address.ts";
import { type Environment, loadEnvironment } from "./environment.ts";
import { bind } from "./listener.ts";
import { PATHS } from "./paths.ts";
import { startServer } from "./server.ts";

// `npm run dev`: the demo with hot reload, and a mint-server of its own behind it.

/** Paths that are the mint-server's; the rest is the demo's. */
const API = ["/v1", "/health", "/metrics", "/.well-known"];

const asked = new Promise<void>((resolve) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
});

try {
  await run(loadEnvironment(process.cwd(), process.env));
  process.exit(0);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(`mintgate: ${error.message}`);
  process.exit(1);
}

async function run(env: Environment): Promise<void> {
  const pages = createServer();
  const { host, port } = readAddress({ ...env, PORT: env.PORT?.trim() || "5173" });
  // First of all: the mint-server checks proofs against the address that the browser shows.
  const origins = originsOf({ host, port: await bind(pages, { host, port }) });
  const demo = join(PATHS.root, "demo");
  const mint = await startServer({
    env: { PUBLIC_URL: origins.join(","), ...env, HOST: "127.0.0.1" },
    port: 0,
    stateFolder: resolve(env.MINTGATE_STATE?.trim() || ".mintgate", "dev"),
    // Vite serves the demo; nobody asks the mint-server for it.
    assets: demo,
  });
  const vite = await createViteServer({
    configFile: join(PATHS.root, "vite.config.ts"),
    root: demo,
    server: {
      middlewareMode: { server: pages },
      hmr: { server: pages },
      proxy: Object.fromEntries(API.map((path) => [path, { target: mint.url, ws: true }])),
    },
  });
  pages.on("request", vite.middlewares);
  console.log(`mintgate is at ${origins[0]}\n  with hot reload for demo/ and sw/`);
  await Promise.race([asked, mint.ended]);
  await vite.close();
  await mint.stop();
}
