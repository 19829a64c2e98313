import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { callerIn, type Pair, pairs } from "../page.ts";
import { temporaryFolder, until } from "../processes.ts";
import { issueBearer, type Product, serveProduct } from "../product.ts";
import { type Result, result } from "../result.ts";
import { median } from "../statistics.ts";
import { startTabs, type Tabs } from "../tabs.ts";
import type { Order } from "../work.ts";
import { type CaseContext, TARGET } from "./case.ts";

const FIRST_BYTE: Order = { kind: "burst", size: 20 };
const CHUNKS: Order = { kind: "burst", size: 2000 };
const MEGABYTES: Order = { kind: "json", size: 8_000_000 };
const LONG: Order = { kind: "paced", size: 500, everyMs: 8 };

/** What the worker costs in Chromium, against a plain `fetch` with a bearer credential from the same page. */
export async function browser({ crew, progress }: CaseContext): Promise<readonly Result[]> {
  const assets = temporaryFolder();
  writeFileSync(join(assets, "index.html"), "<!doctype html><title>bench</title>");
  const product = await serveProduct(crew.upstreamURL, assets);
  const tabs = await startTabs();
  try {
    const ways = await openBoth(tabs, product);
    const run = async (what: string, order: Order, count: number): Promise<readonly Pair[]> => {
      progress(what);
      await pairs(ways, order, Math.floor(count / 10));
      return pairs(ways, order, count);
    };
    const first = await run("first byte", FIRST_BYTE, 150);
    const chunks = await run("chunks", CHUNKS, 20);
    const bytes = await run("megabytes", MEGABYTES, 10);
    const long = await run("long streams", LONG, 3);
    return results({ first, chunks, bytes, long });
  } finally {
    await tabs.stop();
    await product.stop();
  }
}

async function openBoth(tabs: Tabs, product: Product) {
  // A profile each: the same page of the same server, under a worker in one and under none in the other.
  const [plain, covered] = [await tabs.open(`${product.url}/`), await tabs.open(`${product.url}/`)];
  await covered.evaluate('import("/mintgate.js").then(({ register }) => register()).then(() => undefined)');
  await until(() => covered.evaluate("navigator.serviceWorker.controller !== null").then(Boolean), {
    what: "the worker",
  });
  if (await plain.evaluate("navigator.serviceWorker.controller !== null"))
    throw new Error("the plain page has a worker");
  return { plain: callerIn(plain, await issueBearer(product)), worker: callerIn(covered, "browser") };
}

type Measured = Readonly<Record<"first" | "chunks" | "bytes" | "long", readonly Pair[]>>;

function results({ first, chunks, bytes, long }: Measured): readonly Result[] {
  const middle = (seen: readonly Pair[], way: keyof Pair, of: "firstByteMs" | "totalMs"): number =>
    median(seen.map((pair) => pair[way][of]));
  const added = (seen: readonly Pair[], of: "firstByteMs" | "totalMs"): number =>
    middle(seen, "worker", of) - middle(seen, "plain", of);
  const megabytes = MEGABYTES.size / 1e6;
  return [
    result(
      { name: "browser.plain.first-byte", what: "first byte in Chromium without the worker", unit: "ms" },
      middle(first, "plain", "firstByteMs"),
    ),
    result(
      {
        name: "browser.worker.first-byte",
        what: "added to the first byte by the worker",
        unit: "ms",
        target: TARGET.workerFirstByteMs,
      },
      added(first, "firstByteMs"),
    ),
    result(
      { name: "browser.worker.chunk", what: "added to a burst by the worker, for each event", unit: "ms" },
      added(chunks, "totalMs") / CHUNKS.size,
    ),
    result(
      { name: "browser.worker.megabyte", what: "added to a long answer by the worker, for each megabyte", unit: "ms" },
      added(bytes, "totalMs") / megabytes,
    ),
    result(
      {
        name: "browser.worker.long-stream",
        what: "added to a stream of 500 events, one every 8 ms, by the worker",
        unit: "%",
        target: TARGET.workerTotalPercent,
      },
      (added(long, "totalMs") / middle(long, "plain", "totalMs")) * 100,
    ),
  ];
}
