import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What kind of app stands in a folder. */
export interface Project {
  readonly kind: "vite" | "sveltekit" | "next" | "html" | "other";
  /** The folder, absolute. */
  readonly folder: string;
  /** Name of the app, fit for a Worker's. */
  readonly name: string;
  /** Vite's configuration, as a path from the folder; absent where there is none. */
  readonly viteConfig: string | undefined;
  /** Where static files lie, as a path from the folder. */
  readonly publicFolder: string;
  /** Names of the packages that the app asks for. */
  readonly packages: ReadonlySet<string>;
  /** What makes a worker of the app's own, if anything plainly does. */
  readonly ownWorker: string | undefined;
}

const VITE_CONFIGS = ["ts", "js", "mts", "mjs"].map((extension) => `vite.config.${extension}`);

/** What builds apps in ways of its own, and serves the files of `public` as they are. */
const WITH_PUBLIC = ["astro", "nuxt", "@angular/core", "react-scripts", "@rsbuild/core", "@vue/cli-service"];

/** Finds out by the files of a folder what app is in it; undefined where there is none. */
export function detectProject(folder: string): Project | undefined {
  const manifest = readManifest(folder);
  const packages = new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }));
  const viteConfig = VITE_CONFIGS.find((name) => existsSync(join(folder, name)));
  const kind = kindOf(packages, viteConfig, folder);
  if (!kind) return undefined;
  return {
    kind,
    folder,
    name: workerName(manifest.name ?? folder.split(/[\\/]/).at(-1) ?? ""),
    viteConfig,
    publicFolder: publicFolder(kind, folder),
    packages,
    ownWorker: ownWorker(kind, folder, packages),
  };
}

const WORKER_MAKERS = [
  "vite-plugin-pwa",
  "@vite-pwa/sveltekit",
  "@serwist/vite",
  "@serwist/next",
  "@serwist/turbopack",
];

function ownWorker(kind: Project["kind"], folder: string, packages: ReadonlySet<string>): string | undefined {
  const file = ["ts", "js"]
    .map((extension) => `src/service-worker.${extension}`)
    .find((path) => kind === "sveltekit" && existsSync(join(folder, path)));
  return file ?? WORKER_MAKERS.find((name) => packages.has(name));
}

function kindOf(
  packages: ReadonlySet<string>,
  viteConfig: string | undefined,
  folder: string,
): Project["kind"] | undefined {
  if (packages.has("next")) return "next";
  if (packages.has("@sveltejs/kit")) return "sveltekit";
  if (packages.has("vite") || viteConfig !== undefined) return "vite";
  if (WITH_PUBLIC.some((name) => packages.has(name))) return "other";
  return hasPage(folder) || hasPage(join(folder, "public")) ? "html" : undefined;
}

function publicFolder(kind: Project["kind"], folder: string): string {
  if (kind === "sveltekit") return "static";
  if (kind === "html" && hasPage(folder)) return ".";
  return "public";
}

function hasPage(folder: string): boolean {
  return existsSync(join(folder, "index.html"));
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** An empty one where there is none that can be read. */
function readManifest(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return {};
  }
}

/** Lower-case letters, digits and dashes, at most 54 with what is added. */
function workerName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 45)
    .replace(/^-+|-+$/g, "");
  return `${name || "app"}-mint`;
}
