import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FLAGS } from "../test/support/browser.ts";
import { findEngine } from "../test/support/find-browser.ts";
import { stop, temporaryFolder, track, until } from "./processes.ts";

/*
 * A Chromium in which nobody watches. A test driver follows every request of every page and worker, and that costs a
 * request through a worker about twice what it costs any other: here nothing is switched on but evaluating.
 */

/** Two tabs, and neither is the one in front: Chromium would give the other less of the processor. */
const EQUAL_TABS = [
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
];

/** A page in a profile of its own. */
export interface Tab {
  /** Evaluates an expression, and waits for its promise. Rejects if that rejects. */
  evaluate(expression: string): Promise<unknown>;
  close(): void;
}

export interface Tabs {
  open(url: string): Promise<Tab>;
  stop(): Promise<void>;
}

/** Starts Chromium with no tab. */
export async function startTabs(): Promise<Tabs> {
  const executable = findEngine("chromium");
  if (!executable) throw new Error("no Chromium on this machine: `npm test` installs one, or set CHROMIUM_PATH");
  const profile = temporaryFolder();
  const args = [
    ...FLAGS,
    ...EQUAL_TABS,
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    "--no-startup-window",
  ];
  const chromium = track(spawn(executable, args, { stdio: "ignore" }));
  const { port, path } = await until(() => addressIn(profile), { what: "Chromium" });
  const browser = await connect(`ws://127.0.0.1:${port}${path}`);
  return {
    async open(url) {
      const { browserContextId } = await browser.send("Target.createBrowserContext", {});
      const { targetId } = await browser.send("Target.createTarget", { url, browserContextId });
      const page = await connect(`ws://127.0.0.1:${port}/devtools/page/${targetId}`);
      const evaluate = (expression: string) => evaluateIn(page, expression);
      await until(
        () => evaluate(`location.href.startsWith(${JSON.stringify(url)}) && document.readyState === "complete"`),
        { what: url },
      );
      return { evaluate, close: page.close };
    },
    async stop() {
      browser.close();
      await stop(chromium);
    },
  };
}

/** Where Chromium listens, once it has written that down. */
function addressIn(profile: string): { readonly port: string; readonly path: string } | undefined {
  try {
    const [port, path] = readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n");
    return port && path ? { port, path } : undefined;
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

interface DevTools {
  send(method: string, params: Fields): Promise<Fields>;
  close(): void;
}

interface Answer {
  readonly id: number;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

async function connect(url: string): Promise<DevTools> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, PromiseWithResolvers<Fields>>();
  let last = 0;
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as Answer;
    const answer = waiting.get(id);
    waiting.delete(id);
    if (error) answer?.reject(new Error(error.message));
    else answer?.resolve(result ?? {});
  });
  socket.addEventListener("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Chromium has closed the page"));
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("Chromium did not answer")));
  });
  return {
    send(method, params) {
      const answer = Promise.withResolvers<Fields>();
      waiting.set(++last, answer);
      socket.send(JSON.stringify({ id: last, method, params }));
      return answer.promise;
    },
    close: () => socket.close(),
  };
}

async function evaluateIn(page: DevTools, expression: string): Promise<unknown> {
  const params = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = (await page.send("Runtime.evaluate", params)) as {
    readonly result?: { readonly value?: unknown };
    readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
  };
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result?.value;
}
