import { afterAll, expect, vi } from "vitest";

// Test files take turns in a process. Each has the project's modules to itself, as if it were alone there, and leaves the
// globals and settings as it found them. Libraries stay, with the globals that they add when they are first read.

vi.resetModules();

const globals = globalsNow();
const settings = { ...process.env };

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  const left = globalsNow();
  const changed = [...globals.keys()].filter((name) => !Object.is(left.get(name), globals.get(name)));
  expect(changed, "globals that this file leaves changed").toEqual([]);
  expect({ ...process.env }, "settings that this file leaves changed").toEqual(settings);
});

function globalsNow(): ReadonlyMap<string, unknown> {
  // A newer Node warns whoever so much as looks at storage that it was given no file for.
  const names = Object.getOwnPropertyNames(globalThis).filter((name) => !name.endsWith("Storage"));
  return new Map(names.map((name) => [name, Reflect.get(globalThis, name)]));
}
