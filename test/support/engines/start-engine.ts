import type { Engine, EngineName } from "./engine.ts";
import { startChromium, startFirefox } from "./playwright-engine.ts";
import { startWebKit } from "./webkit-engine.ts";

const STARTS: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  chromium: startChromium,
  firefox: startFirefox,
  webkit: startWebKit,
};

/** Starts a real browser with this engine. Close it when done. */
export function startEngine(name: EngineName): Promise<Engine> {
  return STARTS[name]();
}
