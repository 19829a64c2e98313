import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { ENGINES } from "./test/support/engines/engine.ts";

// Root secret and project key of the Worker under test, made for this file alone.
const MINT_SECRET = "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY";
const MINTGATE_PROJECT_KEY = "project-key-of-the-worker-under-test";

// To start a process and read the libraries again costs more than most files take. So files take turns in a process, each
// with our modules to itself, and one fails that leaves anything to those after it.
const SHARED_PROCESSES = { isolate: false, setupFiles: ["test/support/own-modules.ts"] };

// A page waits for its server and for time to pass as long as it computes.
const IN_CHROMIUM = { maxWorkers: 1 + availableParallelism(), sequence: { groupOrder: 1 } };

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    // Most tests wait for a server or for time to pass, and leave the processor free for others.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      {
        test: {
          name: "node",
          ...SHARED_PROCESSES,
          include: ["test/**/*.test.ts"],
          exclude: ["test/browser/**", "test/engines/**", "test/package/**", "test/**/*.workers.test.ts"],
          sequence: { groupOrder: 0 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { MINT_SECRET, MINTGATE_PROJECT_KEY, PUBLIC_URL: "https://mint.example" } },
          }),
        ],
        test: {
          name: "workers",
          include: ["test/**/*.shared.test.ts", "test/**/*.workers.test.ts"],
          sequence: { groupOrder: 0 },
          // One workerd for all files: starting it costs more than most of them take, and none leaves anything behind.
          isolate: false,
          // The first call loads the whole Worker, module by module.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          ...SHARED_PROCESSES,
          include: ["test/browser/**/*.test.ts"],
          ...IN_CHROMIUM,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // What strangers install and type, in a folder of theirs: `npm run test:package`, which asks the package registry.
        test: {
          name: "package",
          include: ["test/package/**/*.test.ts"],
          globalSetup: ["test/package/pack.ts"],
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      // The same tests in each engine. `npm test` runs those in Chromium alone.
      ...ENGINES.map((engine) => ({
        test: {
          name: `engines-${engine}`,
          ...SHARED_PROCESSES,
          include: ["test/engines/**/*.test.ts"],
          provide: { engine },
          ...(engine === "chromium" ? IN_CHROMIUM : { maxWorkers: 2, sequence: { groupOrder: 2 } }),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
});
