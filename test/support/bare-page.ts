import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the bare page with the real `openai` package, or another one, into a fresh folder to be served as `assets`. */
export async function buildBarePage(
  page: "bare-page" | "clients-page" | "realtime-page" = "bare-page",
): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "mintgate-page-"));
  const root = fileURLToPath(new URL(`../browser/${page}`, import.meta.url));
  // The policy under which it is served allows no inline script, so nothing may be inlined.
  const options = { outDir, emptyOutDir: true, modulePreload: false, assetsInlineLimit: 0, minify: false } as const;
  await build({ root, configFile: false, logLevel: "warn", build: options });
  return outDir;
}
