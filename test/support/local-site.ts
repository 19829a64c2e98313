import { mkdtemp, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** A site that has an app with models of its own, and no mint-server at all. */
export interface LocalSite {
  readonly url: string;
  /** Paths that were asked for, other than the site's files. */
  readonly strays: readonly string[];
  /** Takes the site off the network. */
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

const folder = (name: string): string => fileURLToPath(new URL(`../browser/${name}`, import.meta.url));

/** Builds page and worker, the latter as one classic script. */
export async function buildLocalSite(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "mintgate-local-"));
  const common = { configFile: false, logLevel: "warn" } as const;
  await build({ ...common, root: folder("local-models-page"), build: { outDir, emptyOutDir: true, minify: false } });
  const entry = join(folder("local-models-worker"), "main.ts");
  const lib = { entry, formats: ["iife" as const], name: "worker", fileName: () => "sw.js" };
  await build({ ...common, build: { outDir, emptyOutDir: false, minify: false, lib } });
  return outDir;
}

/** Serves what {@link buildLocalSite} built. */
export async function serveLocalSite(files: string): Promise<LocalSite> {
  const strays: string[] = [];
  const server = createServer(async ({ url = "/" }, response) => {
    const path = url === "/" ? "/index.html" : (url.split("?")[0] ?? "");
    const file = await readFile(join(files, path)).catch(() => undefined);
    if (!file) strays.push(path);
    response.writeHead(file ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "text/plain" });
    response.end(file ?? "nothing here");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    strays,
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
