import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BANNER, PATHS } from "../paths.ts";
import { CLIENT_HOOKS, WORKER_ENTRY, wranglerConfig } from "./init-files.ts";
import type { Project } from "./init-project.ts";
import { hasPlugin, VITE_CONFIG, withPlugin } from "./init-vite-config.ts";

/** One file that is to be there. */
export interface Step {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
  /**
   * `add`: it must not be there yet. `edit`: it is there, and nothing of it is taken away. `renew`: an earlier version of this
   * package has put it there.
   */
  readonly action: "add" | "edit" | "renew";
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What is left for people to do, a line each; what stands in the way first. */
  readonly notes: readonly string[];
}

/** What a project needs, and has not got. */
export function planFor(project: Project): Plan {
  const parts = [...worker(project), ...clientHooks(project), ...mintServer(project), ...ignored(project)];
  return {
    steps: parts.filter((part): part is Step => typeof part !== "string"),
    notes: parts.filter((part) => typeof part === "string"),
  };
}

type Part = Step | string;

function worker(project: Project): Part[] {
  if (project.kind === "vite" || project.kind === "sveltekit") return [viteConfig(project)].flat();
  // A site without a bundler loads the page client as a file, too.
  const wanted = project.kind === "html" ? /^mintgate[\w-]*\.js$/ : /^mintgate-sw\.js$/;
  return readdirSync(PATHS.browser)
    .filter((name) => wanted.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(PATHS.browser, name), "utf8");
      return added(project, join(project.publicFolder, name), text);
    });
}

function viteConfig({ folder, viteConfig }: Project): Part[] {
  if (viteConfig === undefined) return [{ path: "vite.config.js", text: VITE_CONFIG, action: "add" }];
  const before = readFileSync(join(folder, viteConfig), "utf8");
  if (hasPlugin(before)) return [];
  const text = withPlugin(before);
  if (text === undefined) {
    return [`${viteConfig}: add \`import { mintgate } from "mintgate/vite"\` and \`mintgate()\` to its plugins`];
  }
  return [{ path: viteConfig, text, action: "edit" }];
}

/** Of SvelteKit: what runs in the browser before the app does, and nowhere on a server. */
function clientHooks(project: Project): Part[] {
  if (project.kind !== "sveltekit") return [];
  const names = ["ts", "js"].map((extension) => `src/hooks.client.${extension}`);
  const [typed = "", plain = ""] = names;
  const present = names.find((name) => existsSync(join(project.folder, name)));
  if (present === undefined) {
    const path = existsSync(join(project.folder, "tsconfig.json")) ? typed : plain;
    return [{ path, text: CLIENT_HOOKS, action: "add" }];
  }
  if (/["']mintgate["']/.test(readFileSync(join(project.folder, present), "utf8"))) return [];
  return [`${present}: import { register } from "mintgate", and have the function \`init\` await register()`];
}

/** Keys of providers belong into `.dev.vars`, and into no repository. */
function ignored({ folder }: Project): Part[] {
  const path = ".gitignore";
  if (!existsSync(join(folder, path))) return [];
  const before = readFileSync(join(folder, path), "utf8");
  if (/^\/?\.dev\.vars\*?[ \t]*\r?$/m.test(before)) return [];
  const gap = before === "" ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  return [{ path, text: `${before}${gap}# Keys and settings of the mint-server\n.dev.vars*\n`, action: "edit" }];
}

function mintServer(project: Project): Part[] {
  return [
    ...added(project, "mint-server/index.js", WORKER_ENTRY),
    ...added(project, "mint-server/wrangler.jsonc", wranglerConfig(project, siteOf(project))),
  ];
}

/** Only folders that hold nothing but what everybody may have. */
function siteOf({ kind, publicFolder }: Project): string | undefined {
  if (kind === "vite") return "../dist";
  return kind === "html" && publicFolder !== "." ? `../${publicFolder}` : undefined;
}

/** Never in the place of a file that is there, unless that is one of ours which nobody wrote by hand. */
function added({ folder }: Project, path: string, text: string): Part[] {
  if (!existsSync(join(folder, path))) return [{ path, text, action: "add" }];
  const before = readFileSync(join(folder, path), "utf8");
  if (before === text) return [];
  if (text.startsWith(BANNER) && before.startsWith(BANNER)) return [{ path, text, action: "renew" }];
  return [`${path} is there already and differs; it stays as it is (delete it and run this again for a new one)`];
}
