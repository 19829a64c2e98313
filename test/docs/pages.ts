import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../mint-server/local/paths.ts";

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Line of the block's first line of code, from 1. */
  readonly line: number;
  /** What stands behind the fence, such as `ts`; may be empty. */
  readonly language: string;
  readonly code: string;
  /** What `<!-- code: … -->` right above it says. */
  readonly marker: string | undefined;
}

/** Every page that a reader may see, from the project's folder. */
export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...globSync("docs/**/*.md", { cwd: PATHS.root })
    .map((path) => path.replaceAll("\\", "/"))
    .sort(),
];

/** Those that say how it is used: the rest tell of how it was made. */
export const USER_PAGES = PAGES.filter((page) => !/^(docs\/decisions\/|CHANGELOG)/.test(page));

export function readPage(page: string): string {
  return readFileSync(join(PATHS.root, page), "utf8");
}

const FENCE = /^(?<indent> *)```(?<language>[^\n`]*)\n(?<code>[\s\S]*?)^\k<indent>```/gm;
const MARKER = /<!--\s*code:\s*([^>]*?)\s*-->\s*$/;

/** The fenced blocks of a page, in their order. */
export function blocksOf(page: string): Block[] {
  const text = readPage(page);
  return [...text.matchAll(FENCE)].map(({ groups = {}, index }) => {
    const before = text.slice(0, index);
    const { indent = "", language = "", code = "" } = groups;
    return {
      page,
      line: before.split("\n").length + 1,
      language: language.trim(),
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      marker: MARKER.exec(before)?.[1],
    };
  });
}

/** A page without its fenced blocks. */
export function proseOf(page: string): string {
  return readPage(page).replaceAll(FENCE, "");
}

/** The anchors of a page's headings, as code hosts make them. */
export function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...proseOf(page).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = ""]) => {
    const slug = slugOf(heading);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}
