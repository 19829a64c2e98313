import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What kind of app stands in a folder. */
export interface Project {
  readonly kind: "vite" | "sveltekit" | "next" | "html";
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
}

const VITE_CONFIGS = ["ts", "js", "mts", "mjs"].map((extension) => `vite.config.${extension}`);

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
  };
}

function kindOf(
  packages: ReadonlySet<string>,
  viteConfig: string | undefined,
  folder: string,
): Project["kind"] | undefined {
  if (packages.has("next")) return "next";
  if (packages.has("@sveltejs/kit")) return "sveltekit";
  if (packages.has("vite") || viteConfig !== undefined) return "vite";
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
