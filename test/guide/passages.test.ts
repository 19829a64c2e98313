import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { cutPage } from "../../mint-server/guide/cut.ts";
import { renderPassages } from "../../mint-server/guide/generate.ts";
import { PASSAGES } from "../../mint-server/guide/passages.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

describe("the passages", () => {
  test("are what the documentation says today", () => {
    expect(read("mint-server/guide/passages.ts")).toBe(renderPassages());
  });

  test("fit into 64 kB, compressed", () => {
    expect(gzipSync(read("mint-server/guide/passages.ts"), { level: 9 }).length).toBeLessThanOrEqual(64_000);
  });

  test("are short enough for a chat", () => {
    expect(PASSAGES.filter(({ text }) => text.length > 2200).map(({ heading }) => heading)).toEqual([]);
  });

  test("have headings that tell them apart within a page", () => {
    const names = PASSAGES.map(({ page, heading }) => `${page}: ${heading}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("a page is cut", () => {
  test("at each heading, with its code blocks whole", () => {
    const page =
      "# Title\n\nIntro.\n\n## One\n\n<!-- also: the first, uno, firsts -->\n\nText\nof one.\n\n```sh\n# not a heading\n\nrun\n```\n\n## Empty\n\n### Two\n\n- a\n  b\n- c\n";
    expect(cutPage("docs/x.md", page)).toEqual([
      { page: "docs/x.md", title: "Title", heading: "Title", also: "", text: "Intro." },
      {
        page: "docs/x.md",
        title: "Title",
        heading: "One",
        also: "first uno",
        text: "Text of one.\n\n```sh\n# not a heading\n\nrun\n```",
      },
      { page: "docs/x.md", title: "Title", heading: "Two", also: "", text: "- a b\n- c" },
    ]);
  });

  test("without its comments and the sections that it skips", () => {
    const page = "# T\n\n<!-- guide: skip -->\n\nHidden.\n\n## Shown\n\n<!-- a note -->\n\nText.\n";
    expect(cutPage("README.md", page).map(({ heading, text }) => [heading, text])).toEqual([["Shown", "Text."]]);
  });

  test("without its pictures", () => {
    const [passage] = cutPage("docs/a.md", "# A\n\nText.\n\n![A picture](b.svg)\n\nMore.\n");
    expect(passage?.text).toBe("Text.\n\nMore.");
  });

  test("with links to other pages turned into their names", () => {
    const [passage] = cutPage(
      "docs/a.md",
      "# A\n\nSee [the other](recipes/b.md), [web](https://web.example) and [here](#a).",
    );
    expect(passage?.text).toBe("See the other (`docs/recipes/b.md`), [web](https://web.example) and here.");
  });
});
