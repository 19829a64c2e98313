import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../mint-server/local/paths.ts";
import { ENGINES, type EngineName } from "../support/engines/engine.ts";
import { startEngine } from "../support/engines/start-engine.ts";
import { lastResults, type Ran } from "./results.ts";

// node test/engines/write-table.ts: what the last `npm run test:engines` saw, into docs/browsers.md.

const PAGE = join(PATHS.root, "docs/browsers.md");

/** What the files are about. */
const WORDS: Readonly<Record<string, string>> = {
  "openai-in-a-page": "OpenAI's SDK unchanged, first load, reload, sign-out, tabs, and what the page never sees",
  clients: "eleven clients of OpenAI, Anthropic, Google, the AI SDK and LangChain",
  streams: "streams byte for byte, each event when it comes, cuts told",
  leaving: "an abort or a closed tab closes the provider's connection",
  cache: "answers kept in the browser, encrypted",
  resume: "answers that go on after a cut or a reload",
  offline: "requests that wait for the server",
  update: "a new version of the worker in mid-stream",
  "local-models": "models in the page, in the worker and of the browser",
  realtime: "five realtime clients, over WebSocket and WebRTC",
  demo: "the demo: asking, the cache, without the server",
};

const LABELS: Readonly<Record<EngineName, string>> = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKitGTK" };

const ran = lastResults();
const failed = ran.filter(({ passed }) => !passed);
if (failed.length > 0) throw new Error(`of the last run failed: ${failed.map(nameOf).join("; ")}`);
const page = readFileSync(PAGE, "utf8");
const text = `${await renderTable()}\n\n${renderMissing()}`;
writeFileSync(PAGE, page.replace(/(<!-- table -->\n)[\s\S]*?(\n<!-- end -->)/, `$1\n${text}\n$2`));

function nameOf({ engine, file, title }: Ran): string {
  return `${engine}, ${file}: ${title}`;
}

async function renderTable(): Promise<string> {
  const heads = ["tests of"];
  for (const engine of ENGINES) heads.push(`${LABELS[engine]} ${await versionOf(engine)}`);
  const rows = [...new Set(ran.map(({ file }) => file))]
    .sort(byWords)
    .map((file) => [
      WORDS[file] ?? file,
      ...ENGINES.map((engine) => String(ran.filter((one) => one.file === file && one.engine === engine).length || "–")),
    ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function byWords(one: string, other: string): number {
  const order = Object.keys(WORDS);
  return order.indexOf(one) - order.indexOf(other);
}

async function versionOf(name: EngineName): Promise<string> {
  const engine = await startEngine(name);
  await engine.close();
  return engine.version;
}

/** Tests that did not run in every engine. */
function renderMissing(): string {
  const titles = new Map<string, Set<string>>();
  for (const { title, engine } of ran) titles.set(title, (titles.get(title) ?? new Set()).add(engine));
  const lines = [...titles]
    .filter(([, engines]) => engines.size < ENGINES.length)
    .map(([title, engines]) => {
      const missing = ENGINES.filter((engine) => !engines.has(engine)).map((engine) => LABELS[engine]);
      return `- not in ${missing.join(" and ")}: ${title.replaceAll(" > ", ", ")}`;
    });
  return lines.length > 0 ? lines.join("\n") : "Every test runs in every engine.";
}
