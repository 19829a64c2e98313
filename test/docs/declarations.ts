import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a module exports under a name. */
export interface Declaration {
  readonly name: string;
  readonly kind: "function" | "interface" | "type" | "value";
  /** Prose of its comment, without tags. */
  readonly about: string;
  /** What it throws, each with its type. */
  readonly throws: readonly string[];
  /** Code of its `@example`. */
  readonly example: string | undefined;
  /** As the compiler wrote it, without the comment above it. */
  readonly text: string;
  /** File that declares it. */
  readonly file: string;
}

/** What an entry of the package exports, in its order, and what each of them is. Reads what the compiler wrote. */
export function exportsOf(entry: string): Declaration[] {
  return statementsOf(entry).flatMap((statement) => {
    const again = /^export (?:type )?\{([^}]*)\} from "(\.[^"]+)";$/s.exec(statement);
    if (again) {
      const [, names = "", from = ""] = again;
      const file = join(dirname(entry), from.replace(/\.(ts|js)$/, ".d.ts"));
      return names.split(",").flatMap((name) => declared(file, name.replace(/^\s*type /, "").trim()));
    }
    const declaration = declarationOf(statement, entry);
    return declaration && /^export /m.test(statement.replace(COMMENT, "")) ? [declaration] : [];
  });
}

/** The declaration of a name in a file, wherever that has it from. */
function declared(file: string, name: string): Declaration[] {
  for (const statement of statementsOf(file)) {
    const declaration = declarationOf(statement, file);
    if (declaration?.name === name) return [declaration];
  }
  return exportsOf(file).filter((declaration) => declaration.name === name);
}

/** The types that a declaration names and its module does not define by an export of the package: those of `isOurs` files. */
export function referencesOf(declaration: Declaration, isOurs: (file: string) => boolean): Declaration[] {
  const { text, file, name } = declaration;
  const named = new Set([...text.matchAll(/\b[A-Z]\w+/g)].map(([word]) => word));
  named.delete(name);
  const found = [...named].flatMap((word) => {
    const here = statementsOf(file).map((statement) => declarationOf(statement, file));
    const local = here.find((candidate) => candidate?.name === word);
    if (local) return [local];
    const from = importsOf(file).get(word);
    return from === undefined ? [] : declared(from, word);
  });
  return found.filter((one) => isOurs(one.file));
}

/** Files that a file's names are imported from. */
function importsOf(file: string): ReadonlyMap<string, string> {
  const rows = [...readFileSync(file, "utf8").matchAll(/^import (?:type )?\{([^}]*)\} from "(\.[^"]+)";$/gm)];
  return new Map(
    rows.flatMap(([, names = "", from = ""]) =>
      names
        .split(",")
        .map((name) => [
          name.replace(/^\s*type /, "").trim(),
          join(dirname(file), from.replace(/\.(ts|js)$/, ".d.ts")),
        ]),
    ),
  );
}

const COMMENT = /^\/\*\*[\s\S]*?\*\/\n/;
const HEAD = /^(?:export )?(?:declare )?(?:async )?(?<keyword>function|interface|type|const|class) (?<name>\w+)/;
const KINDS: Readonly<Record<string, Declaration["kind"]>> = {
  function: "function",
  interface: "interface",
  type: "type",
};

function declarationOf(statement: string, file: string): Declaration | undefined {
  const comment = COMMENT.exec(statement)?.[0] ?? "";
  const text = statement.slice(comment.length);
  const { keyword = "", name = "" } = HEAD.exec(text)?.groups ?? {};
  if (name === "") return undefined;
  const clean = text
    .replace(/^export /, "")
    .replace(/^declare /, "")
    .replaceAll(/^( {4})+/gm, (run) => run.slice(run.length / 2));
  return { name, kind: KINDS[keyword] ?? "value", ...readComment(comment), text: clean, file };
}

function readComment(comment: string): Pick<Declaration, "about" | "throws" | "example"> {
  const body = comment
    .replace(/^\/\*\*\s?/, "")
    .replace(/\s*\*\/\s*$/, "")
    .replaceAll(/^ \* ?/gm, "");
  const [about = "", ...tags] = body.split(/^@/m);
  const tagged = (name: string) => tags.filter((tag) => tag.startsWith(name)).map((tag) => tag.slice(name.length));
  return {
    about: linked(about),
    throws: tagged("throws").map((text) => linked(text.replace(/^ \{(\w+)\} /, "`$1` "))),
    example: tagged("example")[0]?.trim(),
  };
}

function linked(text: string): string {
  return text.trim().replaceAll(/\{@link (\w+)\}/g, "`$1`");
}

/** The statements at the top of a file, each with the comment above it. */
function statementsOf(file: string): string[] {
  const statements: string[] = [];
  let lines: string[] = [];
  let depth = 0;
  let isComment = false;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line === "" && lines.length === 0) continue;
    lines.push(line);
    if (/^\s*\/\*/.test(line)) isComment = true;
    if (isComment) {
      if (line.includes("*/")) isComment = false;
      continue;
    }
    const bare = line.replaceAll(/"[^"]*"|'[^']*'|\/\/.*$|=>/g, "");
    depth += (bare.match(/[{([]/g)?.length ?? 0) - (bare.match(/[})\]]/g)?.length ?? 0);
    if (depth > 0 || !/[;}]$/.test(line)) continue;
    statements.push(lines.join("\n"));
    lines = [];
  }
  return statements;
}
