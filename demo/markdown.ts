import DOMPurify from "dompurify";
import { Marked, type Token } from "marked";

const marked = new Marked({
  gfm: true,
  // Models write HTML about HTML: it is shown, never meant.
  renderer: { html: ({ text }) => escapeHtml(text) },
});

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What an answer may hold. No image: showing one would tell its host what was asked. */
const ALLOWED_TAGS =
  "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del a table thead tbody tr th td sup sub kbd".split(
    " ",
  );

const ALLOWED_ATTR = ["href", "title", "start", "class", "align"];

/** A top-level part of a text: one paragraph, list, table or block of code. */
export interface Block {
  readonly source: string;
  readonly token: Token;
}

/** Splits a text into blocks, so that a growing answer renders only its last one again. */
export function splitBlocks(text: string): Block[] {
  return marked
    .lexer(text)
    .filter((token) => token.type !== "space")
    .map((token) => ({ source: token.raw, token }));
}

/** Copies a text; false if the browser refused. */
export type CopyText = (text: string) => Promise<boolean>;

/** A block as safe DOM: sanitised, links opening elsewhere, code with a copy button. */
export function renderBlock(token: Token, copy: CopyText): DocumentFragment {
  const fragment = DOMPurify.sanitize(marked.parser([token]), {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  for (const block of fragment.querySelectorAll("pre")) frameCode(block, copy);
  for (const table of fragment.querySelectorAll("table")) frameTable(table);
  return fragment;
}

function frameCode(block: HTMLElement, copy: CopyText): void {
  const language = /language-([\w+#.-]+)/.exec(block.querySelector("code")?.className ?? "")?.[1] ?? "";
  const frame = element("div", "code");
  const bar = element("div", "code-bar");
  const label = element("span", "code-language");
  label.textContent = language || "code";
  const button = element("button", "code-copy");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${language} code`.replace("  ", " "));
  button.addEventListener("click", async () => {
    if (!(await copy(block.textContent ?? ""))) return;
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1500);
  });
  bar.append(label, button);
  // A long line scrolls, and whoever has no mouse must be able to scroll it.
  block.tabIndex = 0;
  block.replaceWith(frame);
  frame.append(bar, block);
}

function frameTable(table: HTMLElement): void {
  const frame = element("div", "table-frame");
  frame.tabIndex = 0;
  table.replaceWith(frame);
  frame.append(table);
}

function element<Name extends "div" | "span" | "button">(name: Name, className: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  return made;
}
