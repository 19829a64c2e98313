import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nextSteps } from "./init-next.ts";
import { planFor, type Step } from "./init-plan.ts";
import { detectProject, type Project } from "./init-project.ts";
import { HELP_OPTION, helpText, parseOptions } from "./options.ts";
import { CommandError, type Terminal, UsageError } from "./terminal.ts";

const OPTIONS = {
  yes: { type: "boolean", short: "y", help: "does it without asking" },
  "dry-run": { type: "boolean", help: "only shows what it would do" },
  help: HELP_OPTION,
} as const;

const HELP = helpText({
  usage: "mintgate init [options]",
  about: `Adds mintgate to the app in this folder (Vite, SvelteKit, Next, Astro, Nuxt and others, or plain HTML): its worker, and an entry
and a configuration with which the mint-server can be deployed. Shows what it is about to do and asks. It replaces no file but
those that it copied out of an earlier version of this package.`,
  options: OPTIONS,
});

const KINDS: Readonly<Record<Project["kind"], string>> = {
  vite: "a Vite app",
  sveltekit: "a SvelteKit app",
  next: "a Next app",
  html: "a site without a bundler",
  other: "an app that serves the files of public/",
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
    throw new CommandError(
      "there is no app here that it knows: go to the folder of its package.json or index.html. For any other, copy " +
        "node_modules/mintgate/dist/browser/mintgate-sw.js to the root of what it serves, and run `npx mintgate dev --origin` " +
        "with the app's origin",
    );
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
