import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { planFor, type Step } from "./init-plan.ts";
import { detectProject, type Project } from "./init-project.ts";
import { helpText, parseOptions } from "./options.ts";
import { CommandError, type Terminal, UsageError } from "./terminal.ts";

const OPTIONS = {
  yes: { type: "boolean", help: "does it without asking" },
  "dry-run": { type: "boolean", help: "only shows what it would do" },
  help: { type: "boolean", help: "shows this" },
} as const;

const HELP = helpText({
  usage: "mintgate init [options]",
  about: `Adds mintgate to the app in this folder (Vite, SvelteKit, Next or plain HTML): its worker, and an entry and a configuration
with which the mint-server can be deployed. Shows what it is about to do and asks. No file that is there is replaced.`,
  options: OPTIONS,
});

const KINDS: Readonly<Record<Project["kind"], string>> = {
  vite: "a Vite app",
  sveltekit: "a SvelteKit app",
  next: "a Next app",
  html: "a site without a bundler",
};

/** `mintgate init` */
export async function init(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, operands } = parseOptions(args, OPTIONS);
  if (values.help) {
    terminal.print(HELP);
    return 0;
  }
  if (operands.length > 0) throw new UsageError("`init` takes options only; see --help");
  const project = detectProject(terminal.folder);
  if (!project) {
    throw new CommandError("there is no app here: no package.json with vite or next in it, and no index.html");
  }
  terminal.print(`This is ${KINDS[project.kind]}.`);
  const { steps, notes } = planFor(project);
  for (const { action, path } of steps) terminal.print(`  ${action}  ${path}`);
  if (steps.length === 0) terminal.print("  Nothing is to be added.");
  const dryRun = values["dry-run"] ?? false;
  if (steps.length > 0 && !dryRun && !values.yes) await ask(terminal);
  if (!dryRun) for (const step of steps) write(project.folder, step);
  terminal.print(
    ["", dryRun ? "Nothing was written. Next:" : "Next:", ...[...notes, ...nextSteps(project)].map(row)].join("\n"),
  );
  return 0;
}

async function ask({ confirm }: Terminal): Promise<void> {
  if (!confirm) throw new UsageError("there is nobody to ask; --yes does it without, --dry-run only shows it");
  if (!(await confirm("Go on?"))) throw new CommandError("nothing was written");
}

function write(folder: string, { path, text, action }: Step): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  try {
    writeFileSync(target, text, { flag: action === "add" ? "wx" : "w" });
  } catch {
    throw new CommandError(`${path} could not be written`);
  }
}

function row(text: string): string {
  return `  - ${text}`;
}

function nextSteps({ kind, publicFolder, packages }: Project): string[] {
  const install = packages.has("workerd") || packages.has("wrangler") ? [] : ["npm install --save-dev workerd"];
  const client = kind === "html" ? "./mintgate.js" : "mintgate";
  const register = (options: string): string =>
    `before the app makes its client: import { register } from "${client}"; await register(${options});`;
  switch (kind) {
    case "vite":
    case "sveltekit":
      return [...install, register(""), "npm run dev"];
    case "next":
      return [
        ...install,
        register('{ mintServer: "http://127.0.0.1:8787/v1/proxy" }'),
        "npx mintgate dev --origin http://localhost:3000, beside npm run dev",
      ];
    case "html":
      return [...install, register(""), `npx mintgate dev --site ${publicFolder}`];
  }
}
