/** Vite's configuration for an app that has none. */
export const VITE_CONFIG = `${importLine("")}import { defineConfig } from "vite";

export default defineConfig({
  plugins: [mintgate()],
});
`;

/**
 * Vite's configuration with the plugin added, as text: it keeps its comments and its form. Undefined where the text does not
 * plainly show where the plugin belongs; whoever wrote it knows.
 */
export function withPlugin(text: string): string | undefined {
  const added = addPlugin(text);
  if (added === undefined) return undefined;
  // After a first line that must stay the first.
  const start = /^#!.*\n/.exec(text)?.[0].length ?? 0;
  return added.slice(0, start) + importLine(text) + added.slice(start);
}

/** In the form of the imports that are there. */
function importLine(text: string): string {
  const [, quote = '"', semicolon = ";"] = /^import\b[^"'\n]*(["'])[^"'\n]*\1(;?)[ \t]*\r?$/m.exec(text) ?? [];
  return `import { mintgate } from ${quote}mintgate/vite${quote}${semicolon}\n`;
}

/** True for a configuration that imports the plugin. */
export function hasPlugin(text: string): boolean {
  return /["']mintgate\/vite["']/.test(text);
}

function addPlugin(text: string): string | undefined {
  const lists = [...text.matchAll(/\bplugins\s*:\s*\[/g)];
  if (lists.length > 1) return undefined;
  const [list] = lists;
  if (list) return insert(text, list.index + list[0].length, isEmptyFrom(text, list.index + list[0].length));
  // Somewhere else, or under another name.
  if (/\bplugins\b/.test(text)) return undefined;
  const configs = [...text.matchAll(/(?:\bdefineConfig\(\s*|\bexport\s+default\s+)\{[ \t]*\r?\n?/g)];
  const [config] = configs;
  if (!config || configs.length > 1) return undefined;
  const at = config.index + config[0].length;
  const lineEnd = config[0].endsWith("\n") ? "" : "\n";
  return `${text.slice(0, at)}${lineEnd}  plugins: [mintgate()],\n${text.slice(at)}`;
}

function insert(text: string, at: number, isLast: boolean): string {
  const rest = text.slice(at);
  // On a line of its own where the others are.
  const [, indent] = /^[ \t]*\r?\n([ \t]*)(?=\S)/.exec(rest) ?? [];
  if (indent !== undefined && !isLast) return `${text.slice(0, at)}\n${indent}mintgate(),${rest}`;
  return `${text.slice(0, at)}mintgate()${isLast ? "" : ", "}${rest}`;
}

function isEmptyFrom(text: string, at: number): boolean {
  return /^\s*\]/.test(text.slice(at));
}
