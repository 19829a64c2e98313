import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, type InlineConfig, type Plugin } from "vite";
import { BANNER, PATHS } from "./paths.ts";
import { replaceFolder, replaceModules } from "./replace.ts";
import { isTarget, TARGETS, type Target } from "./targets.ts";

// Run by `build.ts` in a process of its own, with the names of the targets to make.

const serverSource = join(PATHS.root, "mint-server/index.ts");

/** One bundle for workerd beside the other, so what runs here is byte for byte what is measured. */
const mintServerIsBesideMe: Plugin = {
  name: "mint-server-is-beside-me",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!source.startsWith(".")) return null;
    const resolved = await this.resolve(source, importer, { skipSelf: true });
    return resolved?.id === serverSource ? { id: "./mint-server.js", external: true } : null;
  },
};

interface Bundle {
  readonly input: Readonly<Record<string, string>>;
  readonly format: "es" | "iife";
  readonly platform: "browser" | "workerd";
  readonly plugins?: readonly Plugin[];
}

const bundles: Readonly<Record<Exclude<Target, "demo">, readonly Bundle[]>> = {
  "mint-server": [{ input: { "mint-server": "mint-server/index.ts" }, format: "es", platform: "workerd" }],
  "local-entry": [
    {
      input: { "local-entry": "mint-server/local/entry.ts" },
      format: "es",
      platform: "workerd",
      plugins: [mintServerIsBesideMe],
    },
  ],
  browser: [
    { input: { mintgate: "sw/client.ts" }, format: "es", platform: "browser" },
    { input: { "mintgate-sw": "sw/worker.ts" }, format: "iife", platform: "browser" },
  ],
};

function configOf({ input, format, platform, plugins = [] }: Bundle, outDir: string): InlineConfig {
  return {
    configFile: false,
    root: PATHS.root,
    mode: "production",
    logLevel: "warn",
    publicDir: false,
    base: "./",
    plugins: [...plugins],
    ...(platform === "workerd" && { resolve: { conditions: ["workerd", "worker", "module", "import"] } }),
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    build: {
      outDir,
      emptyOutDir: false,
      // As a library: an app's dynamic imports get a preloader that is larger than the page client's own code.
      ...(format === "es" && { lib: { entry: { ...input }, formats: ["es"] } }),
      target: "es2024",
      minify: true,
      modulePreload: false,
      // For those who look into it in their browser; a worker's files have no use for one.
      sourcemap: platform === "browser",
      reportCompressedSize: false,
      rolldownOptions: {
        input: { ...input },
        external: [/^cloudflare:/],
        // What the mint-server shares with its modules stays in it: in files of their own it would weigh more.
        preserveEntrySignatures: platform === "workerd" ? "allow-extension" : "strict",
        output: {
          format,
          minify: true,
          ...(platform === "browser" && { postBanner: BANNER }),
          entryFileNames: "[name].js",
          // The entry's name first: that tells which files beside it are its own. The hash is of what the file holds.
          chunkFileNames: `${Object.keys(input)[0]}-[name]-[hash].js`,
        },
      },
    },
  };
}

/** Into a folder of its own first: whoever serves `dist/` meanwhile, or builds at the same time, sees whole files only. */
async function make(target: Target): Promise<void> {
  const scratch = join(PATHS.dist, `.${target}-${process.pid}`);
  try {
    if (target === "demo") await makeDemo(scratch);
    else for (const bundle of bundles[target]) await build(configOf(bundle, scratch));
    const { output } = TARGETS[target];
    if (output.endsWith(".js")) replaceModules({ from: scratch, to: PATHS.dist, entry: output });
    else replaceFolder(scratch, join(PATHS.dist, output));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function makeDemo(outDir: string): Promise<void> {
  await build({
    configFile: join(PATHS.root, "vite.config.ts"),
    mode: "production",
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, reportCompressedSize: false },
  });
}

mkdirSync(PATHS.dist, { recursive: true });
for (const name of process.argv.slice(2)) {
  if (!isTarget(name)) throw new Error(`no such target: ${name}`);
  await make(name);
}
