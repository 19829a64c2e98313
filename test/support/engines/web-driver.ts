import { setTimeout as sleep } from "node:timers/promises";

/* A client of W3C WebDriver, as far as the tests need it. */

/** One browser that is driven. Its commands run one after the other. */
export interface Session {
  /** Sends a command of the window, to which it switches first. */
  inWindow(handle: string, method: Method, path: string, body?: object): Promise<unknown>;
  closeWindow(handle: string): Promise<void>;
  newWindow(): Promise<string>;
  currentWindow(): Promise<string>;
  end(): Promise<void>;
}

type Method = "GET" | "POST" | "DELETE";

const READY_MS = 10_000;

/** Starts a browser; waits for the driver at this origin first. */
export async function startSession(driver: string, capabilities: object): Promise<Session> {
  await untilReady(driver);
  const order = { capabilities: { alwaysMatch: capabilities } };
  const { sessionId } = (await send(driver, "POST", "/session", order)) as { sessionId: string };
  const base = `${driver}/session/${sessionId}`;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  let current: string | undefined;
  const switchTo = async (handle: string) => {
    if (current !== handle) await send(base, "POST", "/window", { handle });
    current = handle;
  };
  return {
    inWindow: (handle, method, path, body) =>
      inTurn(async () => {
        await switchTo(handle);
        return send(base, method, path, body);
      }),
    closeWindow: (handle) =>
      inTurn(async () => {
        await switchTo(handle);
        const [another] = (await send(base, "DELETE", "/window")) as readonly string[];
        // No command is taken, not even for another window, in one that was closed.
        if (another) await switchTo(another);
      }),
    newWindow: () =>
      inTurn(async () => ((await send(base, "POST", "/window/new", { type: "window" })) as { handle: string }).handle),
    currentWindow: () => inTurn(async () => String(await send(base, "GET", "/window"))),
    end: () => inTurn(async () => void (await send(base, "DELETE", ""))),
  };
}

async function untilReady(driver: string): Promise<void> {
  const endMs = performance.now() + READY_MS;
  for (;;) {
    try {
      await send(driver, "GET", "/status");
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(20);
    }
  }
}

async function send(base: string, method: Method, path: string, body?: object): Promise<unknown> {
  const sent = method === "POST" ? { body: JSON.stringify(body ?? {}) } : {};
  const answer = await fetch(base + path, { method, ...sent });
  const { value } = (await answer.json()) as { value: unknown };
  if (answer.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`${method} ${path}: ${error}: ${message}`);
}
