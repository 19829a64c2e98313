import type { Page } from "playwright-core";

/* What every engine can be made to do, however it is driven. */

export const ENGINES = ["chromium", "firefox", "webkit"] as const;
export type EngineName = (typeof ENGINES)[number];

declare module "vitest" {
  interface ProvidedContext {
    /** What the tests run in. */
    readonly engine: EngineName;
  }
}

export interface Engine {
  readonly name: EngineName;
  /** Its own version. */
  readonly version: string;
  /** A profile with nothing in it. */
  newProfile(): Promise<Profile>;
  close(): Promise<void>;
}

/** Storage, workers and tabs that know of each other. */
export interface Profile {
  newTab(): Promise<Tab>;
  close(): Promise<void>;
}

/**
 * Runs in the page, where it goes as text: it refers to nothing outside of itself, and takes and gives what JSON holds.
 *
 * It cannot `import()`: the test runner rewrites that. Load a script of the page instead.
 */
export type InPage<Given, Told> = (this: void, given: Given) => Told | Promise<Told>;

export interface Tab {
  readonly profile: Profile;
  /** Runs a function in the page, and waits for what it gives; rejects with what it throws, and when the page goes. */
  evaluate<Told>(run: InPage<void, Told>): Promise<Told>;
  evaluate<Given, Told>(run: InPage<Given, Told>, given: Given): Promise<Told>;
  /** Loads a page, and waits until it is loaded. */
  goTo(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Closes the tab. A profile's last one may take the browser along. */
  close(): Promise<void>;
  /** The same page by Playwright, where that drives the engine. */
  readonly playwright?: Page;
}
