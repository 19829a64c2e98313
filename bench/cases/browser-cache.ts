import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { temporaryFolder, until } from "../processes.ts";
import { type Product, serveProduct } from "../product.ts";
import { type Result, result } from "../result.ts";
import { median, quantile } from "../statistics.ts";
import { startTabs, type Tab, type Tabs } from "../tabs.ts";
import { chatBody } from "../work.ts";
import { type CaseContext, TARGET } from "./case.ts";

const CALLS = 200;

/** So many questions have more answers, of 4 kB each, than the worker holds in memory: each comes from the database. */
const QUESTIONS = 400;
const PADDING_BYTES = 3_500;

/** What a hit in the browser takes, against a plain fetch of the same bytes from the same page's server. */
export async function browserCache({ crew, progress }: CaseContext): Promise<readonly Result[]> {
  const assets = temporaryFolder();
  writeFileSync(join(assets, "index.html"), "<!doctype html><title>bench</title>");
  const product = await serveProduct(crew.upstreamURL, assets);
  const tabs = await startTabs();
  try {
    const { plain, covered } = await openBoth(tabs, product);
    progress("filling the cache");
    const bodies = Array.from({ length: QUESTIONS }, (_, at) =>
      chatBody({ kind: "json", size: PADDING_BYTES }).replace(/^\{/, `{"user":"u${at}",`),
    );
    const answer = await fill(covered, bodies);
    writeFileSync(join(assets, "answer.json"), answer);
    progress("hits");
    const firstByte = async (which: (at: number) => string) => {
      const hits: number[] = [];
      const fetches: number[] = [];
      // One after the other, so that both meet the same machine.
      for (let at = 0; at < CALLS; at++) {
        fetches.push(await timed(plain, { url: "/answer.json" }));
        hits.push(await timed(covered, { url: CHAT, body: which(at) }));
      }
      return { hits, fetches };
    };
    const warm = await firstByte(() => bodies[0] ?? "");
    const stored = await firstByte((at) => bodies[at % QUESTIONS] ?? "");
    await product.stop();
    return [...figures("memory", warm), ...figures("database", stored), ...(await withoutServer(covered))];
  } finally {
    await tabs.stop();
    await product.stop();
  }
}

const CHAT = "/v1/proxy/chat/completions";

async function openBoth(tabs: Tabs, product: Product): Promise<{ readonly plain: Tab; readonly covered: Tab }> {
  const [plain, covered] = [await tabs.open(`${product.url}/`), await tabs.open(`${product.url}/`)];
  await covered.evaluate('import("/mintgate.js").then((mintgate) => mintgate.register()).then(() => undefined)');
  await until(() => covered.evaluate("navigator.serviceWorker.controller !== null").then(Boolean), {
    what: "the worker",
  });
  return { plain, covered };
}

interface Call {
  readonly url: string;
  /** To be posted; without one, it is a GET. */
  readonly body?: string;
}

/** Asks all of it once, and waits until all of it is kept. Resolves to one of the answers. */
async function fill(tab: Tab, bodies: readonly string[]): Promise<string> {
  let answer = "";
  for (const body of bodies) answer = (await call(tab, { url: CHAT, body })).text;
  const count = 'import("/mintgate.js").then(async (mintgate) => (await mintgate.cacheInfo()).entries.length)';
  await until(async () => (await tab.evaluate(count)) === bodies.length, { what: "the cache" });
  return answer;
}

const UNSEEN = 50;

/** How long a question without an answer in the cache takes to fail when nobody is there to be asked. */
async function withoutServer(tab: Tab): Promise<readonly Result[]> {
  const times: number[] = [];
  for (let at = 0; at < UNSEEN; at++) {
    const body = chatBody({ kind: "json", size: PADDING_BYTES }, QUESTIONS + at);
    const { status, text, firstByteMs } = await call(tab, { url: CHAT, body });
    if (status !== 503 || !text.includes('"code":"offline"')) throw new Error(`offline, it was ${status}: ${text}`);
    times.push(firstByteMs);
  }
  const name = "browser-cache.offline";
  const what = "an unseen question without a server: until its typed error";
  return [
    result({ name, what, unit: "ms" }, median(times)),
    result(
      { name: `${name}-p95`, what: `${what}, 95 in 100`, unit: "ms", target: TARGET.offlineMs },
      quantile(times, 0.95),
    ),
  ];
}

/** Milliseconds to the first byte of what must be a hit, or a plain fetch. */
async function timed(tab: Tab, asked: Call): Promise<number> {
  const { status, source, firstByteMs, text } = await call(tab, asked);
  if (status !== 200) throw new Error(`answered ${status}: ${text}`);
  if (asked.body !== undefined && source !== "browser-cache")
    throw new Error(`answered by ${source}, not by the cache`);
  return firstByteMs;
}

async function call(tab: Tab, asked: Call) {
  const given = JSON.stringify({ ...asked, mode: HEADER.useCache, source: HEADER.source });
  return (await tab.evaluate(`(${callInPage})(${given})`)) as Awaited<ReturnType<typeof callInPage>>;
}

/** Runs in the page. */
async function callInPage({ url, body, mode, source }: Call & { readonly mode: string; readonly source: string }) {
  const started = performance.now();
  const response = await fetch(
    url,
    body === undefined
      ? { cache: "no-store" }
      : { method: "POST", headers: { "content-type": "application/json", [mode]: "always" }, body },
  );
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let firstByteMs = 0;
  let text = "";
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) break;
    firstByteMs ||= performance.now() - started;
    text += decoder.decode(value, { stream: true });
  }
  return { status: response.status, firstByteMs, text, source: response.headers.get(source) };
}

function figures(from: string, { hits, fetches }: { readonly hits: number[]; readonly fetches: number[] }) {
  const name = `browser-cache.${from}`;
  return [
    result(
      {
        name: `${name}.first-byte`,
        what: `first byte of a hit in Chromium, from ${from}`,
        unit: "ms",
        target: TARGET.browserHitMs,
      },
      median(hits),
    ),
    result({ name: `${name}.first-byte-p95`, what: `the same, of 95 in 100 hits`, unit: "ms" }, quantile(hits, 0.95)),
    result(
      {
        name: `${name}.times`,
        what: `first byte of a hit from ${from}, against a plain fetch of the same bytes`,
        unit: "x",
        target: TARGET.browserHitTimes,
      },
      median(hits) / median(fetches),
    ),
  ];
}
