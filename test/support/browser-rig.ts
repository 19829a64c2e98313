import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { buildBarePage } from "./bare-page.ts";
import type { Engine, EngineName, InPage, Profile, Tab } from "./engines/engine.ts";
import { startEngine } from "./engines/start-engine.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { type Rig, startRig } from "./rig.ts";

/** A real browser, a bare page, the real server behind a recorder, and the stand-in provider. */
export interface BrowserRig extends Rig {
  readonly engine: Engine;
  readonly recorder: Recorder;
  /** The folder of the page's own files. */
  readonly assets: string;
  /** Opens the bare page; with `register`, two lines more than nothing: the app as a developer has it. */
  open(options?: OpenOptions): Promise<Tab>;
}

export interface OpenOptions {
  /** False leaves the page uncovered. */
  readonly register?: boolean;
  /** Where to open it, beside other tabs; unless given, in a profile with nothing in it. */
  readonly profile?: Profile;
  /** A browser without Service Workers. */
  readonly withoutWorkers?: boolean;
  readonly withoutIndexedDB?: boolean;
}

export interface BrowserRigOptions {
  readonly engine?: EngineName;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startBrowserRig(options: BrowserRigOptions = {}): Promise<BrowserRig> {
  const { engine: name = "chromium", settings = {} } = options;
  const [engine, assets, recorder] = await Promise.all([startEngine(name), buildBarePage(), startRecorder()]);
  const rig = await startRig({ assets, settings: { PUBLIC_URL: recorder.url, ...settings } });
  recorder.relayTo(Number(new URL(rig.server.url).port));
  return {
    ...rig,
    get server() {
      return rig.server;
    },
    engine,
    recorder,
    assets,
    async open({ register = true, profile, withoutWorkers = false, withoutIndexedDB = false } = {}) {
      const tab = await (profile ?? (await engine.newProfile())).newTab();
      const lacking = [withoutWorkers && "without=workers", withoutIndexedDB && "without=indexedDB"].filter(Boolean);
      await tab.goTo(`${recorder.url}/?${lacking.join("&")}`);
      await cover(tab, register);
      return tab;
    },
    async stop() {
      await engine.close();
      await recorder.stop();
      await rig.stop();
      await rm(assets, { recursive: true, force: true });
    },
  };
}

/** Loads the bare page anew, as it was opened. */
export async function reload(tab: Tab, { register = true }: Pick<OpenOptions, "register"> = {}): Promise<void> {
  await tab.reload();
  await cover(tab, register);
}

async function cover(tab: Tab, register: boolean): Promise<void> {
  await until(tab, () => "app" in globalThis);
  if (!register) return;
  const isAsOpened = await tab.evaluate(async () => {
    const { mode } = await app.register();
    return (mode === "page") === location.search.includes("without=workers");
  });
  if (!isAsOpened) throw new Error("somebody else than was asked for answers this page");
}

/** How long a page may take to become what a test waits for. */
const PATIENCE_MS = 20_000;

/** Waits until something is so in the page. */
export async function until(tab: Tab, isSo: InPage<void, unknown>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!(await tab.evaluate(isSo))) {
    if (performance.now() > endMs) throw new Error(`it did not come to this in the page: ${isSo}`);
    await sleep(20);
  }
}
