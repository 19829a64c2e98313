import type { InPage } from "./engine.ts";
import type { Session } from "./web-driver.ts";

/*
 * A driver's script holds up all others of its browser until it ends, so what takes long runs on by itself in the page, and is
 * asked about in between.
 */

/** What the page says of a call: that it has ended (as JSON, which has no place for `undefined`), or that it runs on. */
type Told = { readonly ended: string } | { readonly running: number } | { readonly gone: true };

type Ended = { readonly value?: unknown; readonly error?: string };

interface Window {
  readonly session: Session;
  readonly handle: string;
}

/** Runs a function in a window's page, and waits for what it gives. */
export async function runInWindow<Given, Result>(
  { session, handle }: Window,
  run: InPage<Given, Result>,
  given?: Given,
): Promise<Result> {
  const script = async (text: string, args: readonly unknown[] = []) =>
    (await session.inWindow(handle, "POST", "/execute/async", { script: text, args })) as Told;
  const argument = given === undefined ? "undefined" : JSON.stringify(given);
  let told = await script(`(${begin})(() => (${run})(${argument}), arguments[0])`);
  while ("running" in told) told = await script(`(${askAgain})(arguments[0], arguments[1])`, [told.running]);
  if ("gone" in told) throw new Error("the page has gone");
  const { value, error } = JSON.parse(told.ended) as Ended;
  if (error !== undefined) throw new Error(error);
  return value as Result;
}

interface Calls {
  next: number;
  readonly running: Map<number, Promise<Ended>>;
}

/** In the page: begins a call, and tells of it when it has ended or a moment has gone by. */
function begin(run: () => unknown, tell: (told: Told) => void): void {
  const page = globalThis as { drivenCalls?: Calls };
  page.drivenCalls ??= { next: 1, running: new Map() };
  const { running } = page.drivenCalls;
  const id = page.drivenCalls.next++;
  const call = (async () => run())().then(
    (value) => ({ value }),
    (error: unknown) => ({ error: String(error) }),
  );
  running.set(id, call);
  const timer = setTimeout(() => tell({ running: id }), 50);
  void call.then((ended) => {
    clearTimeout(timer);
    tell({ ended: JSON.stringify(ended) });
  });
}

/** In the page: tells of a call that was begun, when it has ended or a moment has gone by. */
function askAgain(id: number, tell: (told: Told) => void): void {
  const { drivenCalls } = globalThis as { drivenCalls?: Calls };
  const call = drivenCalls?.running.get(id);
  if (!call) {
    tell({ gone: true });
    return;
  }
  const timer = setTimeout(() => tell({ running: id }), 50);
  void call.then((ended) => {
    clearTimeout(timer);
    tell({ ended: JSON.stringify(ended) });
  });
}
