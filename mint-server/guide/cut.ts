import { marked, type Token } from "marked";
import type { Passage } from "./passage.ts";
import { normalise, tokenize } from "./terms.ts";

/** `<!-- also: price, bill -->` under a heading: words to find the section by. */
const ALSO = /^<!--\s*also:([\s\S]*?)-->\s*$/;
/** `<!-- guide: skip -->`: what stands here is said better elsewhere. */
const SKIP = /^<!--\s*guide:\s*skip\s*-->\s*$/;
const COMMENT = /^<!--[\s\S]*?-->\s*$/;
/** A picture of the project's own, which no chat has. */
const PICTURE = /!\[[^\]]*\]\((?!https?:)[^)\s]*\)\s*/g;
const LINK = /\[([^\]]+)\]\((?!https?:)([^)\s]*)\)/g;

interface Section {
  readonly heading: string;
  skipped: boolean;
  readonly also: string[];
  readonly body: string[];
}

/**
 * Cuts a Markdown page into one passage for each heading, in the page's order. A heading with no text of its own gives
 * none. `page` is the file's path from the root of the project.
 */
export function cutPage(page: string, markdown: string): Passage[] {
  const sections: Section[] = [];
  for (const token of marked.lexer(markdown)) addToken(sections, token);
  const title = sections[0]?.heading ?? page;
  return sections
    .filter((section) => !section.skipped)
    .map(({ heading, also, body }) => ({
      page,
      title,
      heading,
      also: uniqueWords(also.join(" ")),
      text: withoutRelativeLinks(page, body.join("")).trim(),
    }))
    .filter((passage) => passage.text !== "");
}

function addToken(sections: Section[], token: Token): void {
  if (token.type === "heading") {
    sections.push({ heading: plain(token.text), skipped: false, also: [], body: [] });
    return;
  }
  const section = sections.at(-1);
  if (!section) return;
  const also = ALSO.exec(token.raw.trim())?.[1];
  if (also) section.also.push(also.trim());
  else if (SKIP.test(token.raw.trim())) section.skipped = true;
  else if (!COMMENT.test(token.raw)) section.body.push(unwrapped(token));
}

/** Joins the lines of a paragraph or a list item: line breaks of the source are no part of what it says. */
function unwrapped({ type, raw }: Token): string {
  if ((type !== "paragraph" && type !== "list") || raw.includes("```")) return raw;
  return raw.replace(/(?<=\S)\n[ \t]*(?=[^\s*-])(?!\d+\. )/g, " ");
}

/** The words worth an index, each once: they are carried in every bundle. */
function uniqueWords(text: string): string {
  const seen = new Set<string>();
  const isNew = (word: string) => {
    const term = normalise(word);
    return term !== null && !seen.has(term) && seen.add(term);
  };
  return tokenize(text).filter(isNew).join(" ");
}

function plain(heading: string): string {
  return heading.replaceAll("`", "").trim();
}

/** Pictures go, with the blank line after them. A relative link leads nowhere from a chat, so it becomes the name of the file it points to. */
function withoutRelativeLinks(page: string, markdown: string): string {
  return markdown
    .split(/(^```[\s\S]*?^```)/m)
    .map((part) =>
      part.startsWith("```")
        ? part
        : part.replace(PICTURE, "").replace(LINK, (_, text, target) => named(page, text, target)),
    )
    .join("");
}

function named(page: string, text: string, target: string): string {
  if (target.startsWith("#")) return text;
  const path = new URL(target, `file:///${page}`).pathname.slice(1);
  return text.includes(path) ? text : `${text} (\`${path}\`)`;
}
