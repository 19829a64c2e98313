import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../mint-server/local/paths.ts";
import { type Declaration, exportsOf, referencesOf } from "./declarations.ts";

const TITLE = `# API reference

<!-- guide: skip -->
<!-- Generated from the package's own declarations: change the comments in the code, and run \`npm run docs:generate\`. -->

Everything that the package exports. For the HTTP API see [its own page](http-api.md).
`;

/** What stands at the head of an entry. */
const ABOUT: Readonly<Record<string, string>> = {
  ".": "In the page. See [The Service Worker](service-worker.md).",
  "./sw":
    "In a Service Worker of your own. See [Bring your own worker](service-worker.md#bring-your-own-worker-with-installproxy).",
  "./vite": "In a configuration of Vite. See [Quick start: Vite](quick-start/vite.md).",
  "./mint-server/worker":
    "In the entry of a Worker of your own. See [An entry of your own](quick-start/deploy.md#an-entry-of-your-own).",
  "./mint-server":
    "The server in code, in Node and in Workers. See [Embed the server in code](configuration.md#embed-the-server-in-code).",
};

/** Forms of `MINT_CONFIG`, which the compiler writes in a way that nobody reads. */
const FORMS = /\bv\.Infer(Out|In)put</;

/** Where types are told along that no entry exports but those of the page and the worker name. */
const TOLD = /\/dist\/(sw|mint-server\/contract)\//;
/** A shape that a worker's scope has anyway. */
const UNTOLD = new Set(["WorkerScope"]);

interface Entry {
  /** As an app imports it. */
  readonly name: string;
  readonly about: string | undefined;
  readonly declarations: readonly Declaration[];
}

/** The page `docs/api.md`, from what the compiler wrote last. */
export function renderApiReference(): string {
  const manifest = JSON.parse(readFileSync(join(PATHS.root, "package.json"), "utf8")) as {
    exports: Record<string, string | { readonly types?: string }>;
  };
  const entries = Object.entries(manifest.exports).flatMap(([path, target]): Entry[] => {
    if (typeof target === "string" || !target.types) return [];
    const exported = exportsOf(join(PATHS.root, target.types));
    return [{ name: `mintgate${path.slice(1)}`, about: ABOUT[path], declarations: withReferences(exported) }];
  });
  const told = new Map<string, string>();
  return [TITLE, ...entries.map((entry) => renderEntry(entry, told))].join("\n").trimEnd().concat("\n");
}

/** What is exported, and what that names. */
function withReferences(exported: readonly Declaration[]): Declaration[] {
  const all = [...exported];
  for (const declaration of all) {
    for (const found of referencesOf(declaration, (file) => TOLD.test(file))) {
      if (!UNTOLD.has(found.name) && !all.some(({ name }) => name === found.name)) all.push(found);
    }
  }
  return all;
}

/** `told`: what stands on the page already, with the entry under which it does. */
function renderEntry({ name, about, declarations }: Entry, told: Map<string, string>): string {
  const forms = declarations.filter(({ text }) => FORMS.test(text));
  const again = declarations.filter((one) => told.has(one.text));
  const fresh = declarations.filter((one) => !told.has(one.text) && !forms.includes(one));
  for (const { text } of fresh) told.set(text, name);
  const functions = fresh.filter(({ kind }) => kind === "function");
  const others = fresh.filter(({ kind }) => kind !== "function");
  return [
    `## ${name}\n`,
    ...(about === undefined ? [] : [`${about}\n`]),
    ...[...functions, ...others].map((one) => renderDeclaration(one, { name, declarations })),
    ...(forms.length === 0
      ? []
      : [`${listOf(forms)}: parts of the [configuration](configuration.md), which has their fields.\n`]),
    ...[...new Set(again.map(({ text }) => told.get(text) ?? ""))].map(
      (where) =>
        `${listOf(again.filter(({ text }) => told.get(text) === where))}: the same as in [${where}](#${slugOf(where)}).\n`,
    ),
  ].join("\n");
}

function listOf(declarations: readonly Declaration[]): string {
  return declarations.map(({ name }) => `\`${name}\``).join(", ");
}

function slugOf(name: string): string {
  return name.replaceAll("/", "");
}

function renderDeclaration(declaration: Declaration, entry: Pick<Entry, "name" | "declarations">): string {
  const { name, kind, about, throws, example, text } = declaration;
  return [
    `### ${name}${kind === "function" ? "()" : ""}\n`,
    ...(about === "" ? [] : [`${about}\n`]),
    ...throws.map((what) => `Throws ${what}\n`),
    "<!-- code: declaration -->\n",
    `\`\`\`ts\n${text}\n\`\`\`\n`,
    ...(example === undefined ? [] : ["For example:\n", `\`\`\`ts\n${completed(example, entry)}\n\`\`\`\n`]),
  ].join("\n");
}

/** An example with the imports that it needs. */
function completed(example: string, { name, declarations }: Pick<Entry, "name" | "declarations">): string {
  const used = declarations.filter((one) => new RegExp(`\\b${one.name}\\b(?!:)`).test(example));
  const isImported = (one: Declaration) => new RegExp(`(import|export) \\{[^}]*\\b${one.name}\\b`).test(example);
  const names = used.filter((one) => one.kind !== "value" && !isImported(one));
  const values = names.filter(({ kind }) => kind === "function").map((one) => one.name);
  const types = names.filter(({ kind }) => kind !== "function").map((one) => one.name);
  const list = [...(values.length > 0 ? types.map((type) => `type ${type}`) : types), ...values].join(", ");
  return names.length === 0
    ? example
    : `import ${values.length > 0 ? "" : "type "}{ ${list} } from "${name}";\n\n${example}`;
}
